// Accounts in numbers, and whether somebody is trying passwords. No account is named here.
import type { Identity } from "../api.ts";
import { TimeChart } from "../chart.tsx";
import { capital, count, plural, share, short } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { Empty, Facts, Head, Section, Time, Wait } from "../parts.tsx";
import { Link, at } from "../router.tsx";

function statement(i: Identity): [string, string] {
	if (i.stuffing) return ["failed", "Somebody is trying passwords in bulk."];
	if (i.users === 0) return ["ok", "Nobody has an account yet."];
	return ["ok", "Sign-ins are as usual."];
}

function lead(i: Identity): string {
	const second = i.users
		? `; ${i.with_second_factor ? `${share(i.with_second_factor / i.users)} of them have` : "none of them has"} a second factor`
		: "";
	const slow = i.delayed
		? ` ${plural(i.delayed, "try", "tries")} had to wait because others had failed; nobody is locked out for good.`
		: "";
	return `${capital(plural(i.users, "account"))}${second}. ${capital(plural(i.sessions, "session is", "sessions are"))} open.${slow}`;
}

export function IdentityPage() {
	useTitle("Identity");
	const asked = useGet<Identity>("identity", 10000);
	const i = asked.data;
	return (
		<>
			{i ? (
				<Head
					title={<span class={`statement ${statement(i)[0]}`}>{statement(i)[1]}</span>}
					lead={i.users ? lead(i) : undefined}
				/>
			) : (
				<Head title="Identity" />
			)}
			<Wait of={asked}>
				{(d) => (
					<>
						{d.users === 0 && (
							<Empty title="Accounts appear here in numbers.">
								A function with <span class="code">auth: user</span> in ward.yaml asks for one; people sign up at{" "}
								<a href="/_ward/account/">the account page</a>.
							</Empty>
						)}
						<Section id="tries" title="Sign-ins of the last hour" aside={<Link to={at("audit")}>Audit</Link>}>
							<TimeChart
								label="Sign-ins a minute"
								time={d.minutes.time_s}
								format={short}
								least={4}
								height={190}
								lines={[
									{ label: "signed in", colour: "--ok", values: d.minutes.signed_in, fill: true },
									{ label: "refused", colour: "--failed", values: d.minutes.refused, dash: [5, 4] },
									{ label: "made to wait", colour: "--refused", values: d.minutes.delayed, dash: [2, 2] },
								]}
							/>
						</Section>
						<Section id="accounts" title="Accounts">
							<Facts
								of={[
									["Accounts", count(d.users)],
									["Disabled", count(d.disabled)],
									["Open sessions", count(d.sessions)],
									["With a second factor", count(d.with_second_factor)],
									["Passkeys", count(d.passkeys)],
									["API keys", count(d.api_keys)],
								]}
							/>
						</Section>
						<Section id="since" title="Since the start" aside={<Time ms={d.since_ms} />}>
							<Facts
								of={[
									["Signed in", count(d.signed_in)],
									["Refused", count(d.refused)],
									["Made to wait", count(d.delayed)],
									["Signed up", count(d.signed_up)],
								]}
							/>
						</Section>
					</>
				)}
			</Wait>
		</>
	);
}
