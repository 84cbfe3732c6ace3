// What happened to accounts, and what operators did: newest first, and nothing is ever taken out.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, type AuditEvent, type NewAction } from "../api.ts";
import { useGet, useTitle } from "../hooks.ts";
import { sentence, type Tone } from "../outcomes.ts";
import { Link, at } from "../router.tsx";
import { Empty, Head, Mark, Table, Time, Wait } from "../parts.tsx";

interface Page {
	events: AuditEvent[];
	more: boolean;
}

const verbs: Record<string, string> = {
	throttle: "Slowed down",
	challenge: "Challenged",
	quarantine: "Quarantined",
	ban: "Banned",
};

/** What an operator did, from the request that did it: what, and to what. Other acts are shown as they came. */
function act(detail: string): [what: string, how: ComponentChildren] {
	const [, kind, id, body] = /^POST \/_ward\/api\/(actions|incidents)(?:\/(\d+)\/release)? (.*)$/.exec(detail) ?? [];
	if (id)
		return ["Released", kind === "incidents" ? <Link to={at("incidents", id)}>incident {id}</Link> : `action ${id}`];
	try {
		const a = JSON.parse(body ?? "") as NewAction;
		const whom = a.prefix ?? (a.caller ? `caller ${a.caller}` : a.address ? `address ${a.address}` : "");
		return [
			verbs[a.action] ?? sentence(a.action),
			[[a.function, whom].filter(Boolean).join(", "), ` for ${a.minutes ?? 60} min`, a.why ? `: ${a.why}` : ""].join(
				"",
			),
		];
	} catch {
		return ["Did something", <span class="code">{detail}</span>];
	}
}

const toneOf = (kind: string): Tone =>
	/stuffing$|cloned/.test(kind) ? "failed" : kind === "act" ? "refused" : /^signed/.test(kind) ? "ok" : "quiet";

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
					if (!last)
						return (
							<Empty title="Nothing yet.">The first sign-up, sign-in or action of an operator is written here.</Empty>
						);
					return (
						<>
							<Table
								caption="Audit"
								rows={events}
								keyOf={(e) => e.id}
								columns={[
									{ head: "Time", cell: (e) => <Time ms={e.time_ms} /> },
									{
										head: "What",
										label: "",
										cell: (e) => (
											<span class="outcome">
												<Mark tone={toneOf(e.kind)} />
												{e.kind === "act" ? act(e.detail)[0] : sentence(e.kind)}
											</span>
										),
									},
									{
										head: "Account",
										cell: (e) =>
											e.user ? (
												<span class="code" title={e.user}>
													{e.user.length > 14 ? `${e.user.slice(0, 12)}…` : e.user}
												</span>
											) : (
												<span class="quiet">–</span>
											),
									},
									{
										head: "From",
										cell: (e) => (e.address ? <span class="code">{e.address}</span> : <span class="quiet">–</span>),
									},
									{
										head: "Detail",
										class: "wide",
										cell: (e) => (e.kind === "act" ? act(e.detail)[1] : e.detail || <span class="quiet">–</span>),
									},
									{
										head: "By",
										cell: (e) =>
											e.by || <span class="quiet">{e.realm === "operator" ? "an operator" : "themselves"}</span>,
									},
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
