// What is in force, its end by hand, and doing something oneself.
import { useState } from "preact/hooks";
import { Problem, post, type Action, type NewAction } from "./api.ts";
import { duration } from "./format.ts";
import { useGet, useNow } from "./hooks.ts";
import { useLive } from "./live.ts";
import { kindWords } from "./outcomes.ts";
import { Mark, Section, Somebody, Time } from "./parts.tsx";
import { Link, at } from "./router.tsx";

const done: Record<string, string> = {
	throttle: "slowed to a tenth",
	quarantine: "in quarantine, answering 503",
	challenge: "asked for a proof of work",
	ban: "banned",
};

/** A button that does one thing, and says how it went. */
export function Doing({
	path,
	body,
	children,
	onDone,
	danger = false,
}: {
	path: string;
	body: unknown;
	children: string;
	onDone: () => void;
	danger?: boolean;
}) {
	const [state, set] = useState<"" | "busy" | string>("");
	const act = async () => {
		set("busy");
		try {
			await post(path, body);
			set("");
			onDone();
		} catch (why) {
			set(why instanceof Problem ? why.message : String(why));
		}
	};
	return (
		<span class="doing">
			<button type="button" class={danger ? "danger" : ""} disabled={state === "busy"} onClick={() => void act()}>
				{children}
			</button>
			<span role="status" class="failed-text">
				{state && state !== "busy" ? state : ""}
			</span>
		</span>
	);
}

function Who({ of: a }: { of: Action }) {
	if (a.prefix) return <span class="code">{a.prefix}</span>;
	if (a.caller)
		return (
			<>
				caller <Somebody id={a.caller} kind="caller" />
			</>
		);
	if (a.address)
		return (
			<>
				address <Somebody id={a.address} kind="address" />
			</>
		);
	return <>everybody</>;
}

/** What is in force, of those that `of` picks. Nothing where nothing is. */
export function ActionsInForce({ of, title }: { of: (a: Action) => boolean; title?: string }) {
	const asked = useGet<{ actions: Action[] }>("actions", 15000);
	const [said, setSaid] = useState<Action[]>();
	const now = useNow(5000);
	useLive("action", ({ actions }) => setSaid(actions));
	const rows = (said ?? asked.data?.actions ?? []).filter((a) => of(a) && a.until_ms > now);
	if (rows.length === 0) return null;
	const list = (
		<ul class="actions">
			{rows.map((a) => (
				<li key={a.id}>
					<Mark tone="refused" />
					<p>
						{a.function && (
							<Link to={at("functions", a.function)} class="code">
								{a.function}
							</Link>
						)}
						{a.function ? ": " : ""}
						<Who of={a} /> {done[a.action] ?? a.action}, since <Time ms={a.since_ms} />, for another{" "}
						{duration(a.until_ms - now)}
						<span class="quiet">
							{" "}
							({a.by === "rule" ? kindWords(a.why).toLowerCase() : `by ${a.by}${a.why ? `: ${a.why}` : ""}`}
							{a.incident ? (
								<>
									, <Link to={at("incidents", String(a.incident))}>incident {a.incident}</Link>
								</>
							) : (
								""
							)}
							)
						</span>
					</p>
					<Doing path={`actions/${a.id}/release`} body={{}} onDone={() => (setSaid(undefined), asked.again())}>
						Release
					</Doing>
				</li>
			))}
		</ul>
	);
	return title ? (
		<Section id="in-force" title={title}>
			{list}
		</Section>
	) : (
		list
	);
}

const choices = [
	{
		action: "throttle",
		words: "Slow it down",
		what: "Its callers get a tenth of what came before; the rest is answered 429.",
	},
	{
		action: "challenge",
		words: "Ask for a proof of work",
		what: "Callers must solve a small puzzle with each request.",
	},
	{
		action: "quarantine",
		words: "Quarantine it",
		what: "It answers 503 and does not run, until you release it or the time is over.",
	},
] as const;

/** Slowing, challenging or stopping one function by hand. */
export function ActOnFunction({ name, onDone }: { name: string; onDone: () => void }) {
	const [action, setAction] = useState<(typeof choices)[number]["action"]>("throttle");
	const [minutes, setMinutes] = useState(30);
	const [why, setWhy] = useState("");
	const chosen = choices.find((c) => c.action === action);
	const body: NewAction = { action, function: name, minutes, ...(why ? { why } : {}) };
	return (
		<Section id="act" title="Act on it">
			<div class="act">
				<label>
					What
					<select value={action} onChange={(e) => setAction(e.currentTarget.value as typeof action)}>
						{choices.map((c) => (
							<option key={c.action} value={c.action}>
								{c.words}
							</option>
						))}
					</select>
				</label>
				<label>
					Minutes
					<input
						type="number"
						min={1}
						max={43200}
						value={minutes}
						onInput={(e) => setMinutes(Math.max(1, Number(e.currentTarget.value) || 1))}
					/>
				</label>
				<label class="grow">
					Why
					<input
						type="text"
						maxLength={200}
						value={why}
						placeholder="for the audit"
						onInput={(e) => setWhy(e.currentTarget.value)}
					/>
				</label>
				<Doing path="actions" body={body} onDone={onDone} danger>
					{chosen?.words ?? "Act"}
				</Doing>
			</div>
			<p class="quiet">{chosen?.what}</p>
		</Section>
	);
}
