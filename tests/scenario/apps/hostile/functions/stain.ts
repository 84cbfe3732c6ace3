// Leaves marks wherever a request could leave them, and tells which marks it found.
let moduleState = 0;
const list: string[] = [];

export async function stain(input: { mark: string }): Promise<{ seen: string[] }> {
	const g = globalThis as Record<string, unknown>;
	const seen: string[] = [];
	if (moduleState !== 0) seen.push("module state");
	if (list.length > 0) seen.push("module list");
	if ("stained" in g) seen.push("global");
	if ("stained" in Array.prototype) seen.push("prototype");
	if ((JSON as unknown as Record<string, unknown>)["stained"] !== undefined) seen.push("built-in");
	if (typeof Math.max(1, 2) !== "number") seen.push("function");
	moduleState++;
	list.push(input.mark);
	g["stained"] = input.mark;
	Object.defineProperty(Array.prototype, "stained", { value: input.mark, configurable: true });
	(JSON as unknown as Record<string, unknown>)["stained"] = input.mark;
	Math.max = (() => input.mark) as unknown as typeof Math.max;
	return { seen };
}
