// All functions of the app, and how each of them fares.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FunctionRow } from "../api.ts";
import { count, latency, plural, rate, share } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { Choice, Empty, FunctionLink, Head, Table, Time, Wait } from "../parts.tsx";
import { at, go } from "../router.tsx";
import { FunctionSpark, Standing } from "./overview.tsx";

const Address = ({ of }: { of: FunctionRow }) => (
	<span class="code">
		{of.method ? (
			<>
				<span class="method">{of.method}</span> {of.path}
			</>
		) : (
			<span class="quiet">no address</span>
		)}
	</span>
);

const orders = [
	["name", "By name"],
	["busy", "Busiest"],
	["look", "Needs a look"],
] as const;
type Order = (typeof orders)[number][0];
const perPage = 50;

/** What is wrong with it, then how much it does. */
const look = (f: FunctionRow): number =>
	(f.action !== "none" ? 4e9 : 0) + f.incidents * 1e9 + (f.minute.denials > 0 ? 5e8 : 0) + f.minute.error_share * 1e8;

const compare: Record<Order, (a: FunctionRow, b: FunctionRow) => number> = {
	name: (a, b) => a.name.localeCompare(b.name),
	busy: (a, b) => b.minute.rate - a.minute.rate || b.calls - a.calls || a.name.localeCompare(b.name),
	look: (a, b) => look(b) - look(a) || b.minute.rate - a.minute.rate || a.name.localeCompare(b.name),
};

/** "/" leads to the search wherever one is on the page, as in many lists; not while something else is being typed. */
function useSlash(ref: { current: HTMLInputElement | null }): void {
	useEffect(() => {
		const press = (event: KeyboardEvent) => {
			const on = document.activeElement;
			const typing = on instanceof HTMLInputElement || on instanceof HTMLSelectElement || on instanceof HTMLTextAreaElement;
			if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
			event.preventDefault();
			ref.current?.focus();
		};
		addEventListener("keydown", press);
		return () => removeEventListener("keydown", press);
	}, []);
}

function Pages({ page, count: all, onPage }: { page: number; count: number; onPage: (page: number) => void }) {
	const last = Math.ceil(all / perPage) - 1;
	if (last < 1) return null;
	return (
		<nav class="pages" aria-label="Pages of functions">
			<button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
				Previous
			</button>
			<span class="quiet">
				{count(page * perPage + 1)} to {count(Math.min(all, (page + 1) * perPage))} of {count(all)}
			</span>
			<button type="button" disabled={page >= last} onClick={() => onPage(page + 1)}>
				Next
			</button>
		</nav>
	);
}

function List({ functions }: { functions: FunctionRow[] }) {
	const [search, setSearch] = useState("");
	const [order, setOrder] = useState<Order>("name");
	const [page, setPage] = useState(0);
	const field = useRef<HTMLInputElement | null>(null);
	useSlash(field);
	const wanted = search.trim().toLowerCase();
	const found = useMemo(
		() =>
			functions
				.filter((f) => !wanted || `${f.name} ${f.path} ${f.why}`.toLowerCase().includes(wanted))
				.sort(compare[order]),
		[functions, wanted, order],
	);
	const shown = Math.min(page, Math.max(0, Math.ceil(found.length / perPage) - 1));
	const change = (act: () => void) => (act(), setPage(0));
	const open = (event: { preventDefault: () => void }) => {
		event.preventDefault();
		if (wanted && found[0]) go(at("functions", found[0].name));
	};
	return (
		<>
			{functions.length > 8 && (
				<form class="filters" role="search" onSubmit={open}>
					<label>
						Find{" "}
						<input
							ref={field}
							type="search"
							value={search}
							aria-keyshortcuts="/"
							onInput={(e) => change(() => setSearch(e.currentTarget.value))}
						/>
					</label>
					<Choice name="order" label="Order" of={orders} value={order} onChange={(o) => change(() => setOrder(o))} />
					<span role="status" class="quiet">
						{wanted
							? `${plural(found.length, "function")} of ${count(functions.length)}${found[0] ? "; Enter opens the first" : ""}`
							: plural(functions.length, "function")}
					</span>
				</form>
			)}
			<Table
				caption="Functions"
				rows={found.slice(shown * perPage, (shown + 1) * perPage)}
				keyOf={(f) => f.name}
				columns={[
					{
						head: "Function",
						cell: (f) => (
							<>
								<FunctionLink name={f.name} />
								<span class="under">{f.why}</span>
							</>
						),
						class: "with-why",
					},
					{ head: "Address", label: "", cell: (f) => <Address of={f} /> },
					{ head: "Now", label: "", cell: (f) => <Standing of={f} /> },
					{ head: "Last 15 min", label: "", class: "spark-cell", cell: (f) => <FunctionSpark name={f.name} /> },
					{ head: "Calls/s", class: "n", cell: (f) => rate(f.minute.rate) },
					{ head: "99% in", class: "n", cell: (f) => latency(f.minute.p99_us) },
					{
						head: "Failed",
						class: "n",
						cell: (f) => (
							<span class={f.minute.failures ? "failed-text" : "quiet"}>{share(f.minute.error_share)}</span>
						),
					},
					{ head: "Last called", class: "n", cell: (f) => <Time ms={f.last_ms} /> },
				]}
			/>
			<Pages page={shown} count={found.length} onPage={setPage} />
			{functions.length > 0 && found.length === 0 && <Empty title="No function is like that." />}
		</>
	);
}

export function FunctionsPage() {
	useTitle("Functions");
	const [many, setMany] = useState(false);
	const asked = useGet<{ functions: FunctionRow[] }>("functions", many ? 15000 : 5000);
	useEffect(() => setMany((asked.data?.functions.length ?? 0) > 200), [asked.data]);
	return (
		<>
			<Head title="Functions" lead="What this app answers, and how each of its functions fares." />
			<Wait of={asked} lines={7}>
				{({ functions }) =>
					functions.length ? (
						<List functions={functions} />
					) : (
						<Empty title="This app has no functions.">
							Name one in ward.yaml; it appears here with its contract.
						</Empty>
					)
				}
			</Wait>
		</>
	);
}
