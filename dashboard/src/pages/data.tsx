// Who may read and change what: from functions over queries to tables and columns, as a picture and as tables.
import { useState } from "preact/hooks";
import type { Authority, Grant } from "../api.ts";
import { AuthorityPicture } from "../authority-picture.tsx";
import { list, plural } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { Empty, FunctionLink, Head, Section, Table, Tag, Wait } from "../parts.tsx";
import { sensitiveName, verb } from "../words.ts";

export function DataPage() {
	useTitle("Data");
	const asked = useGet<Authority>("authority", 60000);
	return (
		<>
			<Head
				title="Who may touch what"
				lead="A function reaches data by named queries alone, and each query only the columns it names. This is all of it: the broker refuses the rest."
			/>
			<Wait of={asked} lines={8}>
				{(a) =>
					a.grants.length ? (
						<Everything of={a} />
					) : (
						<Empty title="No function touches data.">
							Name queries under a function in ward.yaml; what they reach is drawn here.
						</Empty>
					)
				}
			</Wait>
		</>
	);
}

const unique = (of: string[]): string[] => [...new Set(of)].sort();

function Everything({ of: a }: { of: Authority }) {
	const [only, setOnly] = useState("");
	const names = a.functions.map((f) => f.name);
	const shown = a.grants.filter((g) => !only || g.function === only);
	return (
		<>
			<Section
				id="picture"
				title="As a picture"
				aside={
					<label class="inline">
						Function{" "}
						<select value={only} onChange={(e) => setOnly(e.currentTarget.value)}>
							<option value="">all</option>
							{names.map((n) => (
								<option key={n}>{n}</option>
							))}
						</select>
					</label>
				}
			>
				<AuthorityPicture of={a} grants={shown} />
				<Legend />
			</Section>
			<Section id="columns" title="As tables">
				{a.tables
					.filter((t) => shown.some((g) => g.table === t.name))
					.map((t) => (
						<div key={t.name} class="authority-table">
							<h3 class="code">{t.name}</h3>
							<ColumnTable name={t.name} columns={t.columns} grants={shown.filter((g) => g.table === t.name)} />
						</div>
					))}
			</Section>
			<Section id="reach" title="Beyond the database">
				<Reach of={a} />
			</Section>
			<Unused grants={a.grants} />
		</>
	);
}

function Legend() {
	return (
		<ul class="legend">
			<li>
				<svg width="22" height="8" aria-hidden="true">
					<path d="M0 4h22" class="edge read lit" />
				</svg>
				reads
			</li>
			<li>
				<svg width="22" height="8" aria-hidden="true">
					<path d="M0 4h22" class="edge write lit" />
				</svg>
				adds, changes or deletes
			</li>
			<li>
				<span class="denied-text">◆</span> a name that usually holds personal or secret data
			</li>
			<li>
				<svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
					<circle cx="5" cy="5" r="3.5" class="open-query" />
				</svg>
				a query that is not bound to its caller
			</li>
		</ul>
	);
}

interface Row {
	column: string;
	grants: Grant[];
}

function By({ grants }: { grants: Grant[] }) {
	if (grants.length === 0) return <span class="quiet">nobody</span>;
	const functions = unique(grants.map((g) => g.function));
	return (
		<span class="by">
			{functions.map((f) => (
				<span key={f}>
					<FunctionLink name={f} />{" "}
					<span class="quiet">by {list(unique(grants.filter((g) => g.function === f).map((g) => g.query)))}</span>
				</span>
			))}
		</span>
	);
}

function ColumnTable({ name, columns, grants }: { name: string; columns: string[]; grants: Grant[] }) {
	const rows: Row[] = columns
		.map((column) => ({ column, grants: grants.filter((g) => g.column === column) }))
		.filter((r) => r.grants.length);
	const whole = grants.filter((g) => !g.column);
	if (whole.length) rows.unshift({ column: "", grants: whole });
	return (
		<Table
			caption={`Columns of ${name}`}
			rows={rows}
			keyOf={(r) => r.column}
			columns={[
				{
					head: "Column",
					class: "column-cell",
					cell: (r) =>
						r.column ? (
							<>
								<span class="code">{r.column}</span>
								{sensitiveName(r.column) && (
									<>
										{" "}
										<span class="denied-text" title={`A name that usually holds ${sensitiveName(r.column)} data`}>
											◆<span class="unseen"> {sensitiveName(r.column)}</span>
										</span>
									</>
								)}
							</>
						) : (
							<em>whole rows</em>
						),
				},
				{ head: "Read by", class: "wide", cell: (r) => <By grants={r.grants.filter((g) => g.operation === "read")} /> },
				{
					head: "Changed by",
					class: "wide",
					cell: (r) => <By grants={r.grants.filter((g) => g.operation !== "read")} />,
				},
			]}
		/>
	);
}

function Reach({ of: a }: { of: Authority }) {
	const rows = a.functions.filter((f) => f.egress.length || f.secrets.length || f.publish.length);
	if (rows.length === 0)
		return <Empty title="Nothing.">No function reaches another host, holds a secret or publishes an event.</Empty>;
	return (
		<Table
			caption="Hosts, secrets and events by function"
			rows={rows}
			keyOf={(f) => f.name}
			columns={[
				{ head: "Function", cell: (f) => <FunctionLink name={f.name} /> },
				{
					head: "Sends requests to",
					class: "wide",
					cell: (f) =>
						f.egress.length ? <span class="code">{f.egress.join(", ")}</span> : <span class="quiet">no host</span>,
				},
				{
					head: "Secrets",
					cell: (f) =>
						f.secrets.length ? (
							<span class="code denied-text">◆ {f.secrets.join(", ")}</span>
						) : (
							<span class="quiet">none</span>
						),
				},
				{
					head: "Publishes",
					cell: (f) =>
						f.publish.length ? <span class="code">{f.publish.join(", ")}</span> : <span class="quiet">nothing</span>,
				},
			]}
		/>
	);
}

/** Authority that nobody has used yet: each is one to take away, or one that an attacker would be the first to use. */
function Unused({ grants }: { grants: Grant[] }) {
	const rows = new Map<string, { function: string; query: string; does: string[] }>();
	for (const g of grants.filter((g) => !g.used)) {
		const key = `${g.function} ${g.query}`;
		const row = rows.get(key) ?? { function: g.function, query: g.query, does: [] };
		rows.set(key, row);
		const does = `${verb(g.operation)} ${g.table}`;
		if (!row.does.includes(does)) row.does.push(does);
	}
	return (
		<Section
			id="unused"
			title="Never used"
			aside={rows.size ? <Tag tone="refused">{plural(rows.size, "grant")}</Tag> : undefined}
		>
			{rows.size === 0 ? (
				<Empty title="Every grant has been used.">What no function uses would stand here, to be taken away.</Empty>
			) : (
				<>
					<p class="note quiet">
						Granted, and not run since the monitor knows these functions. Should it stay so,{" "}
						<code class="code">ward tighten</code> writes the contract without it.
					</p>
					<Table
						caption="Grants never used"
						rows={[...rows.values()]}
						keyOf={(r) => `${r.function} ${r.query}`}
						columns={[
							{ head: "Function", cell: (r) => <FunctionLink name={r.function} /> },
							{ head: "Query", cell: (r) => <span class="code">{r.query}</span> },
							{ head: "Could", class: "wide", cell: (r) => r.does.join(", ") },
						]}
					/>
				</>
			)}
		</Section>
	);
}
