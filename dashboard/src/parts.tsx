// What every page is made of: marks, tables, words for what is not there.
import type { ComponentChildren } from "preact";
import type { Asked } from "./hooks.ts";
import { ago, full, when } from "./format.ts";
import { ending, toneOf, type Tone } from "./outcomes.ts";
import { Link, at } from "./router.tsx";

const shapes: Record<Tone, string> = {
	ok: "M5 1.2a3.8 3.8 0 1 0 0 7.600a3.8 3.8 0 1 0 0-7.600z",
	refused: "M5 .8 9.5 9H.5z",
	failed: "M1.3 1.300h7.400v7.400H1.300z",
	denied: "M5 0l5 5-5 5-5-5z",
	quiet: "M5 2.200a2.8 2.8 0 1 0 0 5.600a2.8 2.8 0 1 0 0-5.600z",
};

/** A colour and a shape. What it says stands beside it in words, or in `label`. */
export function Mark({ tone, label }: { tone: Tone; label?: string }) {
	return (
		<svg
			class={`mark ${tone}`}
			viewBox="0 0 10 10"
			width="10"
			height="10"
			{...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" })}
		>
			<path d={shapes[tone]} />
		</svg>
	);
}

export function Tag({ tone = "quiet", children }: { tone?: Tone; children: ComponentChildren }) {
	return (
		<span class={`tag ${tone}`}>
			<Mark tone={tone} />
			{children}
		</span>
	);
}

export function Outcome({ of }: { of: { outcome: string; denials: number } }) {
	return (
		<span class="outcome">
			<Mark tone={toneOf(of)} />
			{ending(of.outcome).words}
			{of.denials > 0 && <span class="and denied-text">, denied</span>}
		</span>
	);
}

export function Time({ ms, relative = false }: { ms: number; relative?: boolean }) {
	if (!ms) return <span class="quiet">never</span>;
	return (
		<time dateTime={new Date(ms).toISOString()} title={full(ms)}>
			{relative ? ago(ms) : when(ms)}
		</time>
	);
}

export const FunctionLink = ({ name }: { name: string }) => (
	<Link to={at("functions", name)} class="code name">
		{name}
	</Link>
);

/** A keyed hash of somebody: the same hash is the same somebody, and that is all it says. */
export function Somebody({ id, kind }: { id: string; kind: "caller" | "address" }) {
	if (!id) return <span class="quiet">{kind === "caller" ? "anonymous" : "unknown"}</span>;
	return (
		<Link to={at("requests", "", { [kind]: id })} class="code hash" title={`Requests of the ${kind} ${id}`}>
			{id.slice(0, 6)}
		</Link>
	);
}

export const RequestLink = ({ id }: { id: string }) => (
	<Link to={at("requests", id)} class="code hash" title={`Request ${id}`}>
		{id.slice(0, 8)}
	</Link>
);

/** A sentence in which `names` stand between backticks. */
export const Words = ({ of }: { of: string }) => (
	<>
		{of.split("`").map((part, i) =>
			i % 2 ? (
				<span key={i} class="code">
					{part}
				</span>
			) : (
				part
			),
		)}
	</>
);

export function Head({
	title,
	lead,
	children,
	code = false,
}: {
	title: ComponentChildren;
	lead?: ComponentChildren;
	children?: ComponentChildren;
	code?: boolean;
}) {
	return (
		<header class="head">
			<h1 tabIndex={-1} class={code ? "code" : ""}>
				{title}
			</h1>
			{lead && <p class="lead">{lead}</p>}
			{children}
		</header>
	);
}

export function Section({
	title,
	aside,
	children,
	id,
	class: extra = "",
}: {
	title: string;
	aside?: ComponentChildren;
	children: ComponentChildren;
	id: string;
	class?: string;
}) {
	return (
		<section aria-labelledby={id} class={extra}>
			<div class="section-head">
				<h2 id={id}>{title}</h2>
				{aside && <div class="aside">{aside}</div>}
			</div>
			{children}
		</section>
	);
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
	return (
		<div class="empty">
			<p class="empty-title">{title}</p>
			{children && <p>{children}</p>}
		</div>
	);
}

/** What was asked for, once it is there; until then quiet lines, and in words what went wrong. */
export function Wait<T>({
	of,
	children,
	lines = 4,
}: {
	of: Asked<T>;
	children: (data: T) => ComponentChildren;
	lines?: number;
}) {
	const { data, problem } = of;
	return (
		<>
			{problem && (
				<div class="problem" role="alert">
					<Mark tone="failed" />
					<p>
						<strong>{problem.title}.</strong> {problem.detail}
					</p>
					<button type="button" onClick={of.again}>
						Try again
					</button>
				</div>
			)}
			{data !== undefined ? children(data) : !problem && <Lines count={lines} />}
		</>
	);
}

/** What one asked for by name is not there. */
export function Gone({ title, children }: { title: string; children: ComponentChildren }) {
	return <Head title={title} lead={children} />;
}

export function Lines({ count }: { count: number }) {
	return (
		<div class="lines" aria-busy="true">
			<span class="unseen">Loading</span>
			{Array.from({ length: count }, (_, i) => (
				<span key={i} class={`line w${i % 4}`} />
			))}
		</div>
	);
}

export interface Column<Row> {
	head: string;
	cell: (row: Row) => ComponentChildren;
	class?: string;
	/** Named on narrow screens, where the row is a card. "" where the cell speaks for itself. */
	label?: string;
}

/** A table that becomes a list of cards where it would not fit. The first column names the row. */
export function Table<Row>({
	caption,
	columns,
	rows,
	keyOf,
	rowClass,
}: {
	caption: string;
	columns: Column<Row>[];
	rows: Row[];
	keyOf: (row: Row) => string | number;
	rowClass?: (row: Row) => string;
}) {
	return (
		<div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
			<table role="table">
				<caption class="unseen">{caption}</caption>
				<thead role="rowgroup">
					<tr role="row">
						{columns.map((c) => (
							<th key={c.head} scope="col" role="columnheader" class={c.class ?? ""}>
								{c.head}
							</th>
						))}
					</tr>
				</thead>
				<tbody role="rowgroup">
					{rows.map((row) => (
						<tr key={keyOf(row)} role="row" class={rowClass?.(row) ?? ""}>
							{columns.map((c, i) =>
								i === 0 ? (
									<th key={c.head} scope="row" role="rowheader" class={c.class ?? ""}>
										{c.cell(row)}
									</th>
								) : (
									<td key={c.head} role="cell" class={c.class ?? ""} data-label={c.label ?? c.head}>
										{c.cell(row)}
									</td>
								),
							)}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function Facts({ of }: { of: [string, ComponentChildren][] }) {
	return (
		<dl class="facts">
			{of.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

/** One of a few: a row of buttons that behaves as radio buttons do. */
export function Choice<V extends string>({
	name,
	label,
	of,
	value,
	onChange,
}: {
	name: string;
	label: string;
	of: readonly (readonly [V, string])[];
	value: V;
	onChange: (v: V) => void;
}) {
	return (
		<fieldset class="choice">
			<legend class="unseen">{label}</legend>
			{of.map(([v, words]) => (
				<label key={v}>
					<input type="radio" name={name} value={v} checked={v === value} onChange={() => onChange(v)} />
					<span>{words}</span>
				</label>
			))}
		</fieldset>
	);
}
