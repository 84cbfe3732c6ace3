// The series that more than one page draws, with the colour and the stroke that they have everywhere.
import type { Chart } from "./api.ts";
import type { Line } from "./chart.tsx";

export const rateLines = (c: Chart): Line[] => [{ label: "calls/s", colour: "--ok", values: c.rate, fill: true }];

export const latencyLines = (c: Chart): Line[] => [
	{ label: "99%", colour: "--p99", values: c.p99_us },
	{ label: "95%", colour: "--p95", values: c.p95_us },
	{ label: "half", colour: "--p50", values: c.p50_us },
];

/** Calls that did not end well; each with a stroke of its own beside its colour. */
export const badLines = (c: Chart): Line[] => [
	{ label: "refused", colour: "--refused", values: c.refused, dash: [5, 4] },
	{ label: "failed", colour: "--failed", values: c.failures, fill: true },
	{ label: "denied", colour: "--denied", values: c.denials, dash: [2, 2] },
];
