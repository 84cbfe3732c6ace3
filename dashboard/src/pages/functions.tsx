// All functions of the app, and how each of them fares.
import { useState } from "preact/hooks";
import type { FunctionRow } from "../api.ts";
import { latency, rate, share } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { Empty, FunctionLink, Head, Table, Time, Wait } from "../parts.tsx";
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

export function FunctionsPage() {
	useTitle("Functions");
	const asked = useGet<{ functions: FunctionRow[] }>("functions", 5000);
	const [search, setSearch] = useState("");
	const matches = (f: FunctionRow) => `${f.name} ${f.path} ${f.why}`.toLowerCase().includes(search.toLowerCase());
	return (
		<>
			<Head title="Functions" lead="What this app answers, and how each of its functions fares." />
			<Wait of={asked} lines={7}>
				{({ functions }) => (
					<>
						{functions.length > 8 && (
							<p class="filters">
								<label>
									Find <input type="search" value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
								</label>
							</p>
						)}
						<Table
							caption="Functions"
							rows={functions.filter(matches)}
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
						{functions.length === 0 && (
							<Empty title="This app has no functions.">
								Name one in ward.yaml; it appears here with its contract.
							</Empty>
						)}
					</>
				)}
			</Wait>
		</>
	);
}
