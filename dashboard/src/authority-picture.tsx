// The picture of the authority: functions on the left, queries in the middle, tables with their columns on the right. Looking at one
// (mouse or keyboard) lights what it is joined to. The same stands in tables below it.
import { useState } from "preact/hooks";
import type { Authority, Grant } from "./api.ts";
import { list } from "./format.ts";
import { useWidth } from "./hooks.ts";
import { at } from "./router.tsx";
import { sensitiveName } from "./words.ts";

const nodeStep = 34;
const columnStep = 20;
const tableHead = 30;
const tableGap = 26;
const top = 14;

interface Box {
	name: string;
	y: number; // its middle
}
interface TableBox {
	name: string;
	y: number; // its top
	columns: { name: string; y: number }[];
}
interface Edge {
	key: string;
	d: string;
	write: boolean;
	function: string;
	query: string;
	table: string;
	column: string;
}

const unique = (of: string[]): string[] => [...new Set(of)];

/** Orders by the mean place of what a thing is joined to, so that few lines cross. */
function ordered(names: string[], place: (name: string) => number[]): string[] {
	const mean = new Map(
		names.map((n) => {
			const p = place(n);
			return [n, p.length ? p.reduce((a, b) => a + b, 0) / p.length : Number.MAX_SAFE_INTEGER];
		}),
	);
	return [...names].sort((a, b) => (mean.get(a) ?? 0) - (mean.get(b) ?? 0) || a.localeCompare(b));
}

function spread(names: string[], height: number): Box[] {
	const step = Math.max(nodeStep, (height - 2 * top) / Math.max(1, names.length));
	return names.map((name, i) => ({ name, y: top + step * (i + 0.5) }));
}

function layout(a: Authority, grants: Grant[]) {
	const tablesShown = a.tables.filter((t) => grants.some((g) => g.table === t.name));
	const tableIndex = new Map(tablesShown.map((t, i) => [t.name, i]));
	let functions = unique(grants.map((g) => g.function));
	functions = ordered(functions, (f) =>
		grants.filter((g) => g.function === f).map((g) => tableIndex.get(g.table) ?? 0),
	);
	const functionIndex = new Map(functions.map((f, i) => [f, i]));
	const queries = ordered(unique(grants.map((g) => g.query)), (q) => {
		const of = grants.filter((g) => g.query === q);
		return of.map(
			(g) =>
				(functionIndex.get(g.function) ?? 0) / Math.max(1, functions.length) +
				(tableIndex.get(g.table) ?? 0) / Math.max(1, tablesShown.length),
		);
	});
	const tables: TableBox[] = [];
	let y = top;
	for (const t of tablesShown) {
		const used = t.columns.filter((c) => grants.some((g) => g.table === t.name && g.column === c));
		tables.push({
			name: t.name,
			y,
			columns: used.map((name, i) => ({ name, y: y + tableHead + columnStep * (i + 0.5) })),
		});
		y += tableHead + used.length * columnStep + tableGap;
	}
	const height = Math.max(y, top * 2 + nodeStep * Math.max(functions.length, queries.length));
	const shift = (height - y) / 2;
	for (const t of tables) {
		t.y += shift;
		for (const c of t.columns) c.y += shift;
	}
	return { functions: spread(functions, height), queries: spread(queries, height), tables, height };
}

const curve = (x1: number, y1: number, x2: number, y2: number): string => {
	const bend = (x2 - x1) * 0.5;
	return `M${x1},${y1.toFixed(1)} C${x1 + bend},${y1.toFixed(1)} ${x2 - bend},${y2.toFixed(1)} ${x2},${y2.toFixed(1)}`;
};

interface Lit {
	kind: "function" | "query" | "table" | "column";
	name: string;
}

const touches = (g: { function: string; query: string; table: string; column: string }, lit: Lit): boolean =>
	lit.kind === "function"
		? g.function === lit.name
		: lit.kind === "query"
			? g.query === lit.name
			: lit.kind === "table"
				? g.table === lit.name
				: `${g.table}.${g.column}` === lit.name;

export function AuthorityPicture({ of: a, grants }: { of: Authority; grants: Grant[] }) {
	const [frame, measured] = useWidth<HTMLDivElement>();
	const [lit, light] = useState<Lit>();
	const { functions, queries, tables, height } = layout(a, grants);
	const names = Math.min(230, 12 + 7.6 * Math.max(...functions.map((f) => f.name.length)));
	const width = Math.max(names + 560, measured || 760);
	const x = { function: names, queryFrom: width * 0.4, queryTo: width * 0.4 + 150, table: width - 210 };
	const yOf = (boxes: Box[], name: string) => boxes.find((b) => b.name === name)?.y ?? 0;
	const place = (g: Grant): number => {
		const t = tables.find((b) => b.name === g.table);
		return t?.columns.find((c) => c.name === g.column)?.y ?? (t?.y ?? 0) + tableHead / 2;
	};
	const edges: Edge[] = grants.map((g) => ({
		...g,
		key: `${g.function} ${g.query} ${g.table} ${g.column} ${g.operation}`,
		write: g.operation !== "read",
		d: curve(x.queryTo, yOf(queries, g.query), x.table, place(g)),
	}));
	const uses = unique(grants.map((g) => `${g.function}\0${g.query}`)).map((k) => k.split("\0") as [string, string]);
	const on = (g: { function: string; query: string; table: string; column: string }) => !lit || touches(g, lit);
	const state = (is: boolean) => (lit ? (is ? "lit" : "dim") : "");
	const lights = (of: Lit) => ({
		onMouseEnter: () => light(of),
		onMouseLeave: () => light(undefined),
		onFocusCapture: () => light(of),
		onBlurCapture: () => light(undefined),
	});
	const says = (f: string) => {
		const reads = unique(grants.filter((g) => g.function === f && g.operation === "read").map((g) => g.table));
		const writes = unique(grants.filter((g) => g.function === f && g.operation !== "read").map((g) => g.table));
		return `${f}: ${[reads.length ? `reads ${list(reads)}` : "", writes.length ? `changes ${list(writes)}` : ""].filter(Boolean).join(", ")}`;
	};
	return (
		<div
			class="picture"
			ref={frame}
			tabIndex={0}
			role="region"
			aria-label="Picture of who may touch what; the same stands in tables below"
		>
			<svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
				<g class="edges" aria-hidden="true">
					{uses.map(([f, q]) => (
						<path
							key={`${f} ${q}`}
							d={curve(x.function + 8, yOf(functions, f), x.queryFrom, yOf(queries, q))}
							class={`edge ${state(grants.some((g) => g.function === f && g.query === q && on(g)))}`}
						/>
					))}
					{edges.map((e) => (
						<path key={e.key} d={e.d} class={`edge ${e.write ? "write" : "read"} ${state(on(e))}`} />
					))}
				</g>
				{functions.map((f) => (
					<a
						key={f.name}
						href={at("functions", f.name)}
						aria-label={says(f.name)}
						class={`node ${state(grants.some((g) => g.function === f.name && on(g)))}`}
						{...lights({ kind: "function", name: f.name })}
					>
						<text x={x.function} y={f.y} class="function-name">
							{f.name}
						</text>
						<circle cx={x.function + 8} cy={f.y} r="3" />
					</a>
				))}
				<g aria-hidden="true">
					{queries.map((q) => (
						<g
							key={q.name}
							class={`node ${state(grants.some((g) => g.query === q.name && on(g)))}`}
							{...lights({ kind: "query", name: q.name })}
						>
							<rect
								x={x.queryFrom}
								y={q.y - 12}
								width={x.queryTo - x.queryFrom}
								height="24"
								rx="12"
								class="query-box"
							/>
							<circle
								cx={x.queryFrom + 13}
								cy={q.y}
								r="3.5"
								class={grants.some((g) => g.query === q.name && g.owner_bound) ? "bound-query" : "open-query"}
							/>
							<text x={x.queryFrom + 24} y={q.y} class="query-name">
								{q.name.length > 17 ? `${q.name.slice(0, 16)}…` : q.name}
								<title>{q.name}</title>
							</text>
						</g>
					))}
					{tables.map((t) => (
						<g key={t.name}>
							<rect
								x={x.table}
								y={t.y}
								width="208"
								height={tableHead + t.columns.length * columnStep + 6}
								rx="7"
								class="table-box"
							/>
							<text
								x={x.table + 14}
								y={t.y + tableHead / 2 + 1}
								class={`table-name ${state(grants.some((g) => g.table === t.name && on(g)))}`}
								{...lights({ kind: "table", name: t.name })}
							>
								{t.name}
							</text>
							{t.columns.map((c) => (
								<text
									key={c.name}
									x={x.table + 14}
									y={c.y}
									class={`column-name ${state(grants.some((g) => g.table === t.name && g.column === c.name && on(g)))}`}
									{...lights({ kind: "column", name: `${t.name}.${c.name}` })}
								>
									{c.name}
									{sensitiveName(c.name) && <tspan class="sensitive"> ◆</tspan>}
								</text>
							))}
						</g>
					))}
				</g>
			</svg>
		</div>
	);
}
