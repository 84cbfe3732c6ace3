// What was learned of a function's host calls: a table of steps, each with its share of what follows. The most usual way through
// is read from top to bottom.
import type { Profile } from "./api.ts";
import { count, share } from "./format.ts";

interface Step {
	from: string;
	total: number;
	next: { to: string; count: number }[];
}

function steps(p: Profile): Step[] {
	const by = new Map<string, Step>();
	for (const f of p.follows) {
		const s = by.get(f.from) ?? { from: f.from, total: 0, next: [] };
		s.total += f.count;
		s.next.push({ to: f.to, count: f.count });
		by.set(f.from, s);
	}
	for (const s of by.values()) s.next.sort((a, b) => b.count - a.count);
	const order: Step[] = [];
	let at: string | undefined = "start";
	const seen = new Set<string>();
	while (at !== undefined && by.has(at) && !seen.has(at)) {
		seen.add(at);
		const s: Step = by.get(at) as Step;
		order.push(s);
		at = s.next.find((n) => n.to !== "end" && !seen.has(n.to))?.to;
	}
	return [...order, ...[...by.values()].filter((s) => !seen.has(s.from)).sort((a, b) => b.total - a.total)];
}

const nameOf = (call: string): string =>
	call === "start" ? "A call begins" : call === "end" ? "it is done" : call === "" ? "(not in the contract)" : call;

export function ProfileFlow({ profile }: { profile: Profile }) {
	const rows = steps(profile);
	if (rows.length === 0) return null;
	return (
		<ol class="flow">
			{rows.slice(0, 12).map((s) => (
				<li key={s.from}>
					<span class={s.from === "start" ? "flow-from" : "flow-from code"}>
						{nameOf(s.from)} <span class="quiet">{count(s.total)}</span>
					</span>
					<ul>
						{s.next.slice(0, 4).map((n) => (
							<li key={n.to}>
								<svg class="bar ok" width="44" height="6" viewBox="0 0 44 6" aria-hidden="true">
									<rect class="bar-rest" width="44" height="6" />
									<rect width={Math.max(1, (44 * n.count) / s.total)} height="6" />
								</svg>
								<span class="n">{share(n.count / s.total)}</span>{" "}
								<span class={n.to === "end" ? "quiet" : "code"}>{nameOf(n.to)}</span>
							</li>
						))}
					</ul>
				</li>
			))}
		</ol>
	);
}
