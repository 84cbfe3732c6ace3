// How a request may end, in words and in the four tones that the page has. A tone is a colour and a shape: neither is needed
// to read the other.

export type Tone = "ok" | "refused" | "failed" | "denied" | "quiet";

interface Ending {
	tone: Tone;
	words: string;
	why: string;
}

const endings: Record<string, Ending> = {
	ok: { tone: "ok", words: "Answered", why: "The function did its work." },
	declared_error: {
		tone: "ok",
		words: "Declared error",
		why: "The function answered with an error that its contract declares.",
	},
	exception: { tone: "failed", words: "Threw", why: "The function threw an error that its contract does not declare." },
	mismatch: {
		tone: "failed",
		words: "Wrong type",
		why: "What it returned did not fit its declared type, so nothing of it was sent.",
	},
	cpu: { tone: "failed", words: "Out of CPU", why: "It used all the processor time that its contract allows." },
	memory: { tone: "failed", words: "Out of memory", why: "It needed more memory than its contract allows." },
	stack: { tone: "failed", words: "Stack full", why: "Its calls went deeper than the stack allows." },
	result_size: { tone: "failed", words: "Too large", why: "Its answer was larger than allowed." },
	wall: { tone: "failed", words: "Too slow", why: "It took longer than its contract allows." },
	trapped: { tone: "denied", words: "Trapped", why: "The sandbox ended it: it did what no function may." },
	unavailable: { tone: "failed", words: "Unavailable", why: "Its worker was not there; it is being restarted." },
	input_refused: {
		tone: "refused",
		words: "Bad input",
		why: "What was sent did not fit the declared type. The function never saw it.",
	},
	unauthenticated: {
		tone: "refused",
		words: "Not signed in",
		why: "The function wants a signed-in caller. It never saw the request.",
	},
	forbidden: {
		tone: "refused",
		words: "Forbidden",
		why: "The caller may not call this function. It never saw the request.",
	},
	limited: {
		tone: "refused",
		words: "Over a limit",
		why: "A rate limit or a budget was used up. The function never saw it.",
	},
	shed: { tone: "refused", words: "Shed", why: "Refused under overload, before it cost anything." },
	quarantined: { tone: "refused", words: "Quarantined", why: "The function is in quarantine." },
};

export const outcomes = Object.keys(endings);
export const ending = (outcome: string): Ending => endings[outcome] ?? { tone: "quiet", words: outcome, why: "" };

/** A denial counts for more than how the request ended. */
export const toneOf = (r: { outcome: string; denials: number }): Tone =>
	r.denials > 0 ? "denied" : ending(r.outcome).tone;

/** Kinds of signals: src/observe/signal.c. */
const kinds: Record<string, string> = {
	denial: "Asked for what it may not",
	first_use: "Used a grant for the first time",
	new_order: "Host calls in a new order",
	trap: "Trapped in its sandbox",
	input_refused: "Input refused",
	mismatch: "Answers that do not fit their type",
	payload: "An attack in a text field",
	many_calls: "Far more host calls than before",
	caller_rate: "One caller calls far too often",
	auth_failures: "Passwords tried in bulk",
	probing: "One address looks for a way in",
	flood: "A flood of calls",
	silence: "Fell silent",
	cpu: "Uses far more CPU",
	memory: "Uses more and more memory",
	response_size: "Answers have grown",
	latency: "Became slow",
	failures: "Fails more often",
	statistics: "Unusual numbers",
	budget_low: "Today's budget runs low",
	budget_spent: "Today's budget is used up",
};

export const kindWords = (kind: string): string => kinds[kind] ?? sentence(kind);

/** "sign_in_refused" as "Sign in refused". */
export const sentence = (name: string): string => {
	const words = name.replaceAll("_", " ");
	return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What happened, without the advice that stands beside it. */
export const story = (i: { words: string; advice: string }): string =>
	i.advice && i.words.endsWith(i.advice) ? i.words.slice(0, -i.advice.length).trimEnd() : i.words;

const stateTones: Record<string, Tone> = { open: "refused", acting: "failed", quiet: "quiet", closed: "quiet" };
export const stateTone = (state: string): Tone => stateTones[state] ?? "quiet";
const states: Record<string, string> = {
	open: "Seen, not acted on yet",
	acting: "Being acted on",
	quiet: "Gone quiet, about to end",
	closed: "Over",
};
export const stateWords = (state: string): string => states[state] ?? sentence(state);

const actionTexts: Record<string, string> = {
	none: "Nothing is in force",
	record: "Only written down",
	alert: "You were alerted",
	challenge: "Callers must solve a puzzle first",
	throttle: "Slowed to a tenth",
	quarantine: "In quarantine: answers 503",
	ban: "Banned",
};
export const actionWords = (action: string): string => actionTexts[action] ?? sentence(action);
