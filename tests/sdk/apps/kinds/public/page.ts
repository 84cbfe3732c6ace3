import { type Everything, TooLate, Unreachable, UnreachableDeclared, api } from "ward/client";

/** That these lines are accepted by the type check is part of the test. */
export async function types(all: Everything): Promise<string> {
	const found = await api.search({ colour: "red", page: 1, since: new Date() });
	const back = await api.echoAll.result({ all });
	if (back.ok) return `${back.value.at.getTime()} ${back.value.id * 2n} ${back.value.file.length} ${back.value.loose.length}`;
	if (back.error instanceof TooLate) return back.error.data.since.toISOString();
	if (back.error instanceof UnreachableDeclared) return back.error.message;
	if (back.error instanceof Unreachable) return "offline";
	await api.whoAmI();
	const nothing: void = await api.forget({ id: 1 });
	return found.url + String(nothing);
}
