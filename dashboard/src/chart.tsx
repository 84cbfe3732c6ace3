// Charts in time, drawn by uPlot: colours from the style sheet, a reading line that mouse, touch and arrow keys move, and every
// value in words for who does not see the picture.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Chart } from "./api.ts";
import { clock, day, hourMinute } from "./format.ts";
import { useScheme, useSeen, useWidth } from "./hooks.ts";
import { kindWords } from "./outcomes.ts";
import { go, at } from "./router.tsx";

export interface Line {
	label: string;
	colour: string; // a custom property of the style sheet
	values: (number | null)[];
	fill?: boolean;
	bars?: boolean;
	dash?: number[];
}

interface Props {
	label: string;
	time: number[];
	lines: Line[];
	format: (v: number) => string;
	height?: number;
	marks?: Chart["marks"];
	/** The scale reaches at least so far, so that nothing at all does not look like a storm. */
	least?: number;
	logarithmic?: boolean;
}

/** A chart without the span that is still filling: its sums would look like a fall. Long spans stay, or a day would lack its last hours. */
export function whole(c: Chart): Chart {
	const n = c.time_s.length;
	const last = c.time_s[n - 1];
	if (last === undefined || c.step_s > 60 || last + c.step_s <= c.to_s) return c;
	return cut(c, 0, n - 1);
}

export const ranges = ["15m", "1h", "24h", "30d"] as const;
export type Range = (typeof ranges)[number];
const rangeWords: Record<Range, string> = { "15m": "15 minutes", "1h": "1 hour", "24h": "1 day", "30d": "30 days" };
const youngMs = 15 * 60_000;

/** What a chart shows: a quarter of an hour or, of a ward that is younger, all of it; an hour; a day; thirty days. */
export function useRange(o: { now_ms: number; since_s: number } | undefined) {
	const [chosen, choose] = useState<Range>();
	const since = o && o.now_ms - o.since_s * 1000 < youngMs ? o.since_s : undefined;
	const range = chosen ?? (since === undefined ? "1h" : "15m");
	const words = ranges.map(
		(r) => [r, r === "15m" && since !== undefined ? `since ${hourMinute(since * 1000)}` : rangeWords[r]] as const,
	);
	const shown = (c: Chart): Chart => (range === "15m" && since !== undefined ? from(whole(c), since - 20) : whole(c));
	return { range, choose, words, shown, everyMs: range === "15m" || range === "1h" ? 10_000 : 60_000 };
}

/** Every series of a chart cut the same way. */
function cut(c: Chart, first: number, end: number): Chart {
	const n = c.time_s.length;
	return Object.fromEntries(
		Object.entries(c).map(([name, v]) => [
			name,
			Array.isArray(v) && v.length === n && name !== "marks" ? v.slice(first, end) : v,
		]),
	) as Chart;
}

function from(c: Chart, second: number): Chart {
	const first = c.time_s.findIndex((t) => t >= second);
	return first > 0 ? cut(c, first, c.time_s.length) : c;
}

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const sans = "11px Geist, system-ui, sans-serif";

/** 1, 2 and 5 of each power of ten: what a person would write beside a logarithmic scale; fewer where it is long. */
function logSplits(_: uPlot, __: number, min: number, max: number): number[] {
	const steps = Math.log10(max / min) > 2.2 ? [1] : Math.log10(max / min) > 1.2 ? [1, 3] : [1, 2, 5];
	const out: number[] = [];
	for (let p = Math.floor(Math.log10(min)); p <= Math.log10(max); p++) for (const s of steps) out.push(s * 10 ** p);
	return out.filter((v) => v >= min && v <= max);
}

function timeLabels(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
	return splits.map((s) => (step >= 86400 ? day : step < 60 ? clock : hourMinute)(s * 1000));
}

function drawMarks(u: uPlot, marks: Chart["marks"]): void {
	const { ctx, bbox } = u;
	ctx.save();
	for (const m of marks) {
		const x = Math.round(u.valToPos(m.time_s, "x", true)) + 0.5;
		if (x < bbox.left || x > bbox.left + bbox.width) continue;
		const incident = m.kind === "incident";
		ctx.strokeStyle = css(incident ? "--failed" : "--quiet");
		ctx.fillStyle = ctx.strokeStyle;
		ctx.lineWidth = devicePixelRatio;
		ctx.setLineDash(incident ? [] : [3 * devicePixelRatio, 3 * devicePixelRatio]);
		ctx.beginPath();
		ctx.moveTo(x, bbox.top);
		ctx.lineTo(x, bbox.top + bbox.height);
		ctx.stroke();
		const r = 3.5 * devicePixelRatio;
		ctx.beginPath();
		if (incident) {
			ctx.rect(x - r, bbox.top - r, 2 * r, 2 * r);
		} else {
			ctx.moveTo(x, bbox.top + r);
			ctx.lineTo(x - r, bbox.top - r);
			ctx.lineTo(x + r, bbox.top - r);
		}
		ctx.fill();
	}
	ctx.restore();
}

function options(p: Props, width: number, onIndex: (i: number | null) => void): uPlot.Options {
	const axis = { stroke: css("--quiet"), font: sans, ticks: { show: false } };
	return {
		width,
		height: p.height ?? 160,
		legend: { show: false },
		padding: [10, 22, 0, 0],
		cursor: { y: false, points: { size: 7, width: 2 }, drag: { x: false, y: false } },
		scales: {
			x: { time: true },
			y: p.logarithmic
				? { distr: 3, range: (_u, min, max) => [Math.max(10, (min || 100) / 1.5), Math.max((max || 1000) * 1.5, 1000)] }
				: { range: (_u, _min, max) => [0, Math.max((max || 0) * 1.12, p.least ?? 1)] },
		},
		axes: [
			{ ...axis, grid: { show: false }, space: 72, size: 26, gap: 6, values: timeLabels },
			{
				...axis,
				grid: { stroke: css("--line"), width: 1 },
				size: 58,
				gap: 8,
				space: 36,
				values: (_u, s) => s.map((v) => (v === null ? "" : p.format(v))),
				...(p.logarithmic ? { splits: logSplits, filter: (_u: uPlot, s: number[]) => s } : {}),
			},
		],
		series: [
			{},
			...p.lines.map((l): uPlot.Series => {
				const stroke = css(l.colour);
				return {
					label: l.label,
					stroke,
					width: l.bars ? 0 : 1.6,
					// A line of one point is no line.
					points: { show: l.values.filter((v) => v !== null).length < 8 && !l.bars, size: 4, fill: stroke },
					spanGaps: false,
					...(l.dash ? { dash: l.dash } : {}),
					...(l.fill ? { fill: `${stroke}1f` } : {}),
					...(l.bars && uPlot.paths.bars
						? { paths: uPlot.paths.bars({ size: [0.75, 14], align: 0 }), fill: stroke }
						: {}),
				};
			}),
		],
		hooks: {
			setCursor: [(u) => onIndex(u.cursor.idx ?? null)],
			draw: [(u) => drawMarks(u, p.marks ?? [])],
		},
	};
}

const lastValue = (values: (number | null)[]): number | null => {
	for (let i = values.length - 1; i >= 0; i--)
		if (values[i] !== null && values[i] !== undefined) return values[i] as number;
	return null;
};

function summary(p: Props): string {
	const parts = p.lines.map((l) => {
		const known = l.values.filter((v): v is number => v !== null);
		if (known.length === 0) return `${l.label}: nothing yet`;
		return `${l.label}: newest ${p.format(lastValue(l.values) ?? 0)}, highest ${p.format(Math.max(...known))}`;
	});
	const marks = (p.marks ?? []).map((m) => `${m.kind} ${m.text} at ${clock(m.time_s * 1000)}`);
	return `${[...parts, ...marks].join(". ")}.`;
}

export function TimeChart(p: Props) {
	const [frame, width] = useWidth<HTMLDivElement>();
	const scheme = useScheme();
	const plot = useRef<uPlot | undefined>(undefined);
	const newest = useRef(p);
	newest.current = p;
	const [index, setIndex] = useState<number | null>(null);
	const shape = p.lines.map((l) => l.label).join();
	const marks =
		JSON.stringify(p.marks ?? []) + p.lines.map((l) => l.values.filter((v) => v !== null).length < 8).join();
	useEffect(() => {
		if (!frame.current || width < 40) return;
		const data = [newest.current.time, ...newest.current.lines.map((l) => l.values)] as uPlot.AlignedData;
		const u = new uPlot(options(newest.current, width, setIndex), data, frame.current);
		plot.current = u;
		return () => {
			u.destroy();
			plot.current = undefined;
		};
	}, [width, scheme, shape, marks, p.height]);
	useEffect(() => {
		plot.current?.setData([p.time, ...p.lines.map((l) => l.values)] as uPlot.AlignedData);
	}, [p.time, ...p.lines.map((l) => l.values)]);
	const move = (to: number) => {
		const u = plot.current;
		if (!u) return;
		const i = Math.min(Math.max(to, 0), p.time.length - 1);
		u.setCursor({ left: u.valToPos(p.time[i] ?? 0, "x"), top: 10 });
	};
	const keys = (e: KeyboardEvent) => {
		const from = index ?? p.time.length - 1;
		const step = e.shiftKey ? 10 : 1;
		const to = { ArrowLeft: from - step, ArrowRight: from + step, Home: 0, End: p.time.length - 1 }[e.key];
		if (to === undefined) return;
		e.preventDefault();
		move(to);
	};
	const shown = index ?? p.time.length - 1;
	return (
		<figure class="chart">
			<figcaption>
				<span class="unseen">
					{p.label}. {summary(p)}
				</span>
				<Key lines={p.lines} at={index} format={p.format} time={index === null ? undefined : p.time[shown]} />
			</figcaption>
			<div
				class="plot"
				ref={frame}
				tabIndex={0}
				role="slider"
				aria-label={`${p.label}, by time`}
				aria-valuemin={0}
				aria-valuemax={Math.max(0, p.time.length - 1)}
				aria-valuenow={Math.max(0, shown)}
				aria-valuetext={`${clock((p.time[shown] ?? 0) * 1000)}: ${p.lines.map((l) => `${l.label} ${value(l.values[shown], p.format)}`).join(", ")}`}
				onKeyDown={keys}
				onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
				style={{ height: `${p.height ?? 160}px` }}
			/>
			<Marks marks={p.marks ?? []} />
		</figure>
	);
}

const value = (v: number | null | undefined, format: (v: number) => string): string =>
	v === null || v === undefined ? "–" : format(v);

function Key({
	lines,
	at: index,
	format,
	time,
}: {
	lines: Line[];
	at: number | null;
	format: (v: number) => string;
	time: number | undefined;
}) {
	return (
		<span class="key" aria-hidden="true">
			{lines.map((l) => (
				<span key={l.label}>
					<Swatch colour={l.colour} dash={!!l.dash} />
					{l.label}
					{index !== null && <b>{value(l.values[index], format)}</b>}
				</span>
			))}
			{time !== undefined && <span class="key-time">{clock(time * 1000)}</span>}
		</span>
	);
}

const Swatch = ({ colour, dash }: { colour: string; dash: boolean }) => (
	<svg width="14" height="8" viewBox="0 0 14 8" class="swatch" aria-hidden="true">
		<line
			x1="0"
			x2="14"
			y1="4"
			y2="4"
			stroke={`var(${colour})`}
			stroke-width="2.5"
			stroke-dasharray={dash ? "3 2.5" : "none"}
		/>
	</svg>
);

/** What the vertical lines mean, for reading and for following. */
function Marks({ marks }: { marks: Chart["marks"] }) {
	if (marks.length === 0) return null;
	return (
		<ul class="chart-marks">
			{marks.slice(-4).map((m) => (
				<li key={`${m.time_s}${m.kind}${m.text}`}>
					<svg
						class={`mark ${m.kind === "incident" ? "failed" : "quiet"}`}
						viewBox="0 0 10 10"
						width="9"
						height="9"
						aria-hidden="true"
					>
						<path d={m.kind === "incident" ? "M1 1h8v8H1z" : "M1 1.500h8L5 9z"} />
					</svg>
					{m.kind === "incident" && m.id ? (
						<a
							href={at("incidents", String(m.id))}
							onClick={(e) => (e.preventDefault(), go(at("incidents", String(m.id))))}
						>
							{kindWords(m.text).toLowerCase()}
						</a>
					) : (
						<span>
							version <span class="code">{m.text}</span>
						</span>
					)}
					<span class="quiet"> {hourMinute(m.time_s * 1000)}</span>
				</li>
			))}
		</ul>
	);
}

/** A line without scales, for a cell of a table. `values` undefined: not asked for yet. */
export function Spark({
	values,
	tone = "ok",
	label,
}: {
	values: (number | null)[] | undefined;
	tone?: string;
	label: string;
}) {
	const w = 96;
	const h = 22;
	if (!values) return <svg class="spark" width={w} height={h} aria-hidden="true" />;
	const most = Math.max(1e-9, ...values.map((v) => v ?? 0));
	const dx = w / Math.max(1, values.length - 1);
	const points = values.map((v, i) => `${(i * dx).toFixed(1)},${(h - 2 - ((v ?? 0) / most) * (h - 5)).toFixed(1)}`);
	return (
		<svg class={`spark ${tone}`} width={w} height={h} viewBox={`0 0 ${w} ${h}`} role="img" aria-label={label}>
			<path class="area" d={`M0,${h} L${points.join(" L")} L${w},${h}Z`} />
			<path class="stroke" d={`M${points.join(" L")}`} />
		</svg>
	);
}

export { useSeen };
