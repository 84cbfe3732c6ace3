// What was deployed when, and whether something strange came right after.
import type { Deployment } from "../api.ts";
import { plural } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { Empty, FunctionLink, Head, Table, Tag, Time, Wait } from "../parts.tsx";
import { Link, at } from "../router.tsx";

const kinds = [
	["new", "new", "ok"],
	["changed", "changed", undefined],
	["gone", "gone", "refused"],
] as const;

function Changes({ of: d }: { of: Deployment }) {
	const all = d.new + d.changed + d.gone;
	return (
		<>
			{kinds.map(([change, words, tone]) => {
				const named = d.functions.filter((f) => f.change === change);
				return (
					named.length > 0 && (
						<div key={change}>
							<Tag {...(tone ? { tone } : {})}>{words}</Tag>{" "}
							{named.map((f, n) => (
								<span key={f.name}>
									{n > 0 && ", "}
									{change === "gone" ? <span class="code">{f.name}</span> : <FunctionLink name={f.name} />}
								</span>
							))}
						</div>
					)
				);
			})}
			{all > d.functions.length && <span class="quiet">and {plural(all - d.functions.length, "function")} more</span>}
		</>
	);
}

function After({ of: d }: { of: Deployment }) {
	if (d.incidents.length === 0) return <span class="quiet">nothing strange</span>;
	return (
		<>
			{d.incidents.map((id, n) => (
				<span key={id}>
					{n > 0 && ", "}
					<Link to={at("incidents", String(id))}>incident {id}</Link>
				</span>
			))}
		</>
	);
}

export function DeploymentsPage() {
	useTitle("Deployments");
	const asked = useGet<{ deployments: Deployment[] }>("deployments", 10000);
	return (
		<>
			<Head
				title="Deployments"
				lead="Each time that what serves was replaced: which functions are new, changed or gone, and what opened within ten minutes."
			/>
			<Wait of={asked} lines={5}>
				{({ deployments }) =>
					deployments.length ? (
						<Table
							caption="Deployments"
							rows={deployments}
							keyOf={(d) => d.time_ms}
							columns={[
								{
									head: "Time",
									cell: (d) => (
										<>
											<Time ms={d.time_ms} /> {d.serves && <Tag tone="ok">serves</Tag>}
										</>
									),
								},
								{ head: "What", label: "", class: "wide", cell: (d) => <Changes of={d} /> },
								{ head: "Right after", cell: (d) => <After of={d} /> },
							]}
						/>
					) : (
						<Empty title="None is known yet." />
					)
				}
			</Wait>
		</>
	);
}
