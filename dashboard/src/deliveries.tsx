// What webhooks were told of incidents: what was taken, what is tried again, and what nobody took.
import type { Delivery, DeliveryState } from "./api.ts";
import { Doing } from "./actions.tsx";
import { duration, plural } from "./format.ts";
import { useGet, useNow } from "./hooks.ts";
import { Section, Table, Tag, Time } from "./parts.tsx";
import { Link, at } from "./router.tsx";

const tones: Record<DeliveryState, "ok" | "refused" | "failed" | undefined> = {
	taken: "ok",
	waiting: "refused",
	"under way": "refused",
	dead: "failed",
};
const words: Record<DeliveryState, string> = {
	taken: "taken",
	waiting: "tried again",
	"under way": "under way",
	dead: "taken by nobody",
};
const events: Record<string, string> = { acting: "it began", over: "it is over" };
const shownMost = 20;

function State({ of: d, onDone }: { of: Delivery; onDone: () => void }) {
	const now = useNow(1000);
	const tone = tones[d.state];
	return (
		<>
			<Tag {...(tone ? { tone } : {})}>{words[d.state]}</Tag>{" "}
			{d.next_ms > 0 && <span class="quiet">in {duration(Math.max(0, d.next_ms - now))}</span>}
			{d.state === "dead" && (
				<Doing path={`deliveries/${d.id}/retry`} body={{}} onDone={onDone}>
					Try again
				</Doing>
			)}
		</>
	);
}

/** Nothing where there are no webhooks, or nothing was to be told. */
export function Deliveries() {
	const asked = useGet<{ deliveries: Delivery[]; lost: number }>("deliveries", 5000);
	const all = asked.data?.deliveries ?? [];
	if (all.length === 0) return null;
	// What needs somebody stands first.
	const rank = (d: Delivery) => (d.state === "dead" ? 0 : d.state === "taken" ? 2 : 1);
	const rows = [...all].sort((a, b) => rank(a) - rank(b) || b.id - a.id).slice(0, shownMost);
	return (
		<Section
			id="told"
			title="Told outside"
			aside={all.length > shownMost ? `${shownMost} of ${plural(all.length, "message")}` : undefined}
		>
			<Table
				caption="Messages to webhooks"
				rows={rows}
				keyOf={(d) => d.id}
				columns={[
					{ head: "To", class: "wide", cell: (d) => <span class="code">{d.to}</span> },
					{
						head: "About",
						cell: (d) => (
							<>
								<Link to={at("incidents", String(d.incident))}>incident {d.incident}</Link>
								<span class="quiet">: {events[d.event] ?? d.event}</span>
							</>
						),
					},
					{ head: "State", label: "", cell: (d) => <State of={d} onDone={asked.again} /> },
					{
						head: "Answer",
						cell: (d) => (
							<>
								{d.status > 0 ? d.status : d.state === "under way" ? "" : "none"}
								{d.why && <span class="quiet"> {d.why}</span>}
							</>
						),
					},
					{ head: "Tries", class: "n", cell: (d) => d.tries },
					{ head: "Since", class: "n", cell: (d) => <Time ms={d.made_ms} /> },
				]}
			/>
		</Section>
	);
}
