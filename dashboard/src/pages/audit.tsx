// What happened to accounts, and what operators did: newest first, and nothing is ever taken out.
import { useEffect, useState } from "preact/hooks";
import { get, type AuditEvent } from "../api.ts";
import { useGet, useTitle } from "../hooks.ts";
import { sentence, type Tone } from "../outcomes.ts";
import { Empty, Head, Mark, Table, Time, Wait } from "../parts.tsx";

interface Page {
	events: AuditEvent[];
	more: boolean;
}

const toneOf = (kind: string): Tone => (/fail|refus|wrong|denied|blocked/.test(kind) ? "refused" : /disable|ban|quarantine|revoke/.test(kind) ? "failed" : /sign|create|add|verif|confirm/.test(kind) ? "ok" : "quiet");

export function AuditPage() {
	useTitle("Audit");
	const [older, setOlder] = useState<Page>();
	const asked = useGet<Page>("audit?limit=100", older ? 0 : 10000);
	useEffect(() => () => setOlder(undefined), []);
	const goOn = async (last: AuditEvent) => {
		const next = await get<Page>(`audit?limit=100&before=${last.id}`);
		setOlder({ events: [...(older?.events ?? []), ...next.events], more: next.more });
	};
	return (
		<>
			<Head title="Audit" lead="What happened to accounts and what operators did, newest first." />
			<Wait of={asked} lines={9}>
				{({ events: first, more }) => {
					const events = [...first, ...(older?.events ?? [])];
					const last = events[events.length - 1];
					if (!last) return <Empty title="Nothing yet.">The first sign-up, sign-in or action of an operator is written here.</Empty>;
					return (
						<>
							<Table
								caption="Audit"
								rows={events}
								keyOf={(e) => e.id}
								columns={[
									{ head: "Time", cell: (e) => <Time ms={e.time_ms} /> },
									{ head: "What", label: "", cell: (e) => <span class="outcome"><Mark tone={toneOf(e.kind)} />{sentence(e.kind)}</span> },
									{ head: "Account", cell: (e) => (e.user ? <span class="code">{e.user}</span> : <span class="quiet">none</span>) },
									{ head: "From", cell: (e) => (e.address ? <span class="code">{e.address}</span> : <span class="quiet">–</span>) },
									{ head: "Detail", class: "wide", cell: (e) => e.detail || <span class="quiet">–</span> },
									{ head: "By", cell: (e) => e.by || <span class="quiet">themselves</span> },
								]}
							/>
							{(older?.more ?? more) && (
								<p class="follow">
									<button type="button" onClick={() => void goOn(last)}>
										Older ones
									</button>
								</p>
							)}
						</>
					);
				}}
			</Wait>
		</>
	);
}
