// The last minute, request by request: where a dot stands says when it was answered and how long it took, its colour and shape how it
// ended. The same requests stand in words on the page Requests.
import { useEffect, useRef } from "preact/hooks";
import type { RequestRow } from "./api.ts";
import { us } from "./format.ts";
import { useScheme, useWidth } from "./hooks.ts";
import { useRecent } from "./live.ts";
import { ending, toneOf, type Tone } from "./outcomes.ts";
import { Link, at, go } from "./router.tsx";

const height = 132;
const windowMs = 60_000;
const lowUs = 50;
const left = 56;
const foot = 18;

interface Dot {
	x: number;
	y: number;
	request: RequestRow;
}

function scale(most: number): (wall: number) => number {
	const top = Math.max(most, 10_000) * 1.4;
	const span = Math.log(top / lowUs);
	return (wall) => 8 + (1 - Math.log(Math.max(wall, lowUs) / lowUs) / span) * (height - foot - 16);
}

function shape(ctx: CanvasRenderingContext2D, tone: Tone, x: number, y: number, r: number): void {
	ctx.beginPath();
	if (tone === "failed") ctx.rect(x - r, y - r, 2 * r, 2 * r);
	else if (tone === "denied") {
		ctx.moveTo(x, y - r * 1.4);
		ctx.lineTo(x + r * 1.4, y);
		ctx.lineTo(x, y + r * 1.4);
		ctx.lineTo(x - r * 1.4, y);
	} else if (tone === "refused") {
		ctx.moveTo(x, y - r * 1.2);
		ctx.lineTo(x + r * 1.2, y + r);
		ctx.lineTo(x - r * 1.2, y + r);
	} else ctx.arc(x, y, r, 0, 2 * Math.PI);
	ctx.fill();
}

function draw(canvas: HTMLCanvasElement, width: number, requests: RequestRow[]): Dot[] {
	const ctx = canvas.getContext("2d");
	if (!ctx) return [];
	const style = getComputedStyle(document.documentElement);
	const colour = (name: string) => style.getPropertyValue(name).trim();
	const ratio = devicePixelRatio;
	canvas.width = width * ratio;
	canvas.height = height * ratio;
	ctx.scale(ratio, ratio);
	const now = Date.now() - 1000;
	const yOf = scale(Math.max(0, ...requests.map((r) => r.wall_us)));
	ctx.font = "11px Geist, system-ui, sans-serif";
	ctx.textBaseline = "middle";
	ctx.strokeStyle = colour("--line");
	ctx.fillStyle = colour("--quiet");
	ctx.textAlign = "right";
	for (const step of [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]) {
		const y = Math.round(yOf(step)) + 0.5;
		if (y < 8 || y > height - foot) continue;
		ctx.beginPath();
		ctx.moveTo(left, y);
		ctx.lineTo(width, y);
		ctx.stroke();
		ctx.fillText(us(step), left - 8, y);
	}
	ctx.textAlign = "center";
	const xOf = (ms: number) => left + (1 - (now - ms) / windowMs) * (width - left - 8);
	for (const s of [50, 40, 30, 20, 10]) ctx.fillText(`${s} s`, xOf(now - s * 1000), height - 7);
	ctx.textAlign = "right";
	ctx.fillText("now", width - 2, height - 7);
	const dots: Dot[] = [];
	for (const request of requests) {
		const age = now - request.time_ms;
		if (age > windowMs || age < -1500) continue;
		const tone = toneOf(request);
		const x = Math.min(xOf(request.time_ms), width - 4);
		const y = yOf(request.wall_us);
		ctx.globalAlpha = (tone === "ok" ? 0.62 : 0.95) * Math.max(0.25, 1 - age / windowMs / 1.3);
		ctx.fillStyle = colour(`--${tone}`);
		shape(ctx, tone, x, y, tone === "ok" ? 2.6 : 3.6);
		dots.push({ x, y, request });
	}
	ctx.globalAlpha = 1;
	return dots;
}

const nearest = (dots: Dot[], x: number, y: number): Dot | undefined => {
	let best: Dot | undefined;
	let least = 14 * 14;
	for (const d of dots) {
		const away = (d.x - x) ** 2 + (d.y - y) ** 2;
		if (away < least) [best, least] = [d, away];
	}
	return best;
};

export function Tape() {
	const requests = useRecent();
	const [frame, width] = useWidth<HTMLDivElement>();
	const canvas = useRef<HTMLCanvasElement>(null);
	const hint = useRef<HTMLParagraphElement>(null);
	const dots = useRef<Dot[]>([]);
	const newest = useRef(requests);
	newest.current = requests;
	const scheme = useScheme();
	useEffect(() => {
		if (width < 60) return;
		const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
		let frameId = 0;
		let last = 0;
		const step = (t: number) => {
			frameId = requestAnimationFrame(step);
			if (t - last < (calm ? 1000 : 50) || !canvas.current) return;
			last = t;
			dots.current = draw(canvas.current, width, newest.current);
		};
		frameId = requestAnimationFrame(step);
		return () => cancelAnimationFrame(frameId);
	}, [width, scheme]);
	const find = (e: MouseEvent) => {
		const box = canvas.current?.getBoundingClientRect();
		return box ? nearest(dots.current, e.clientX - box.left, e.clientY - box.top) : undefined;
	};
	const hover = (e: MouseEvent) => {
		const dot = find(e);
		const r = dot?.request;
		if (hint.current)
			hint.current.textContent = r ? `${r.function} · ${ending(r.outcome).words} · ${us(r.wall_us)}` : "";
		if (canvas.current) canvas.current.style.cursor = dot ? "pointer" : "default";
	};
	const open = (e: MouseEvent) => {
		const dot = find(e);
		if (dot) go(at("requests", dot.request.id));
	};
	return (
		<section aria-labelledby="tape" class="tape">
			<div class="section-head">
				<h2 id="tape">The last minute, one by one</h2>
				<p class="tape-hint" ref={hint} aria-hidden="true" />
				<div class="aside">
					<Link to={at("requests")}>As a list</Link>
				</div>
			</div>
			<div ref={frame} class="tape-frame">
				<canvas
					ref={canvas}
					role="img"
					aria-label={`${requests.length} newest requests by time and duration; the same stand in words under Requests.`}
					style={{ width: `${width}px`, height: `${height}px` }}
					onMouseMove={hover}
					onMouseLeave={() => hint.current && (hint.current.textContent = "")}
					onClick={open}
				/>
			</div>
		</section>
	);
}
