// Numbers and times as people read them. Every text here has one width per kind, so that columns line up.

const thin = "\u202f";
const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

export const count = (n: number): string => grouped.format(n).replaceAll(",", thin);

/** 1 234 as it is, 12.3k, 4.56M: at most four digits. */
export function short(n: number): string {
	if (n < 10_000) return count(n);
	const [unit, size] = n < 1e6 ? (["k", 1e3] as const) : n < 1e9 ? (["M", 1e6] as const) : (["G", 1e9] as const);
	const value = n / size;
	return `${value.toFixed(value < 100 ? 1 : 0)}${unit}`;
}

export function rate(perSecond: number): string {
	if (perSecond === 0) return "0";
	if (perSecond < 0.095) return perSecond.toFixed(2);
	if (perSecond < 99.95) return perSecond.toFixed(1);
	return short(Math.round(perSecond));
}

export function share(part: number): string {
	const percent = part * 100;
	if (percent === 0) return "0%";
	if (percent < 0.095) return "<0.1%";
	return `${percent.toFixed(percent < 9.95 ? 1 : 0)}%`;
}

/** A duration: "410 µs", "1.2 ms", "2.1 s". */
export function us(value: number | null | undefined): string {
	if (value === null || value === undefined) return "–";
	if (value < 1000) return `${Math.round(value)}${thin}µs`;
	if (value < 1e6) return `${trim(value / 1e3)}${thin}ms`;
	return `${trim(value / 1e6)}${thin}s`;
}

const trim = (v: number): string => (v < 9.95 ? v.toFixed(1) : v < 99.5 ? v.toFixed(0) : v.toFixed(0));

export function bytes(n: number | null | undefined): string {
	if (n === null || n === undefined) return "–";
	if (n < 1000) return `${Math.round(n)}${thin}B`;
	if (n < 1e6) return `${trim(n / 1e3)}${thin}kB`;
	if (n < 1e9) return `${trim(n / 1e6)}${thin}MB`;
	return `${trim(n / 1e9)}${thin}GB`;
}

export const kib = (n: number | null | undefined): string => (n === null || n === undefined ? "–" : bytes(n * 1024));

const clockFormat = new Intl.DateTimeFormat("en-GB", {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hour12: false,
});
const minuteFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hour12: false });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

export const clock = (ms: number): string => clockFormat.format(ms);
export const hourMinute = (ms: number): string => minuteFormat.format(ms);
export const day = (ms: number): string => dayFormat.format(ms);
export const full = (ms: number): string => fullFormat.format(ms);

/** The time of day today, the day before that. */
export function when(ms: number, now = Date.now()): string {
	if (!ms) return "never";
	const sameDay = new Date(ms).toDateString() === new Date(now).toDateString();
	return sameDay ? clock(ms) : `${day(ms)} ${hourMinute(ms)}`;
}

export function duration(ms: number): string {
	const s = Math.max(0, Math.round(ms / 1000));
	if (s < 90) return `${s} s`;
	if (s < 90 * 60) return `${Math.round(s / 60)} min`;
	if (s < 48 * 3600) return `${Math.round(s / 3600)} h`;
	return `${Math.round(s / 86400)} days`;
}

export function ago(ms: number, now = Date.now()): string {
	if (!ms) return "never";
	return now - ms < 2000 ? "now" : `${duration(now - ms)} ago`;
}

const words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/** "one call", "three calls", "1 204 calls": small numbers are words, as in any sentence. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
	`${words[n] ?? count(n)} ${n === 1 ? one : many}`;

export const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);

/** Nothing took no time: zero is said where nothing was measured. */
export const latency = (value: number | null | undefined): string => (value ? us(value) : "–");

/** "a, b and c" */
export function list(items: string[]): string {
	if (items.length < 2) return items[0] ?? "";
	return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}
