// Asking, and asking again: a page shows the last good answer while the next is on its way.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, get } from "./api.ts";

export interface Asked<T> {
	data: T | undefined;
	problem: Problem | undefined;
	again: () => void;
}

const kept = new Map<string, unknown>();
const keptMost = 60;

function keep(path: string, value: unknown): void {
	kept.delete(path);
	kept.set(path, value);
	if (kept.size > keptMost) kept.delete(kept.keys().next().value as string);
}

/** GETs below /_ward/api/, anew every `everyMs` while the page is looked at. `null` asks nothing. */
export function useGet<T>(path: string | null, everyMs = 0): Asked<T> {
	const [state, set] = useState<{ path: string | null; data?: T; problem?: Problem }>({ path: null });
	const [turn, setTurn] = useState(0);
	useEffect(() => {
		if (path === null) return;
		const abort = new AbortController();
		let timer = 0;
		const later = (ms: number) => {
			if (ms > 0 && !abort.signal.aborted) timer = window.setTimeout(() => void load(), ms);
		};
		const load = async (): Promise<void> => {
			if (document.hidden && everyMs > 0) return later(everyMs);
			try {
				const data = await get<T>(path, abort.signal);
				keep(path, data);
				if (!abort.signal.aborted) set({ path, data });
				later(everyMs);
			} catch (why) {
				if (abort.signal.aborted) return;
				const problem = why instanceof Problem ? why : new Problem(0, String(why));
				set((old) => ({ path, problem, ...(old.path === path && old.data !== undefined ? { data: old.data } : {}) }));
				if (problem.status === 0 || problem.status >= 500) later(Math.max(2000, problem.retryAfter * 1000));
			}
		};
		void load();
		return () => {
			abort.abort();
			clearTimeout(timer);
		};
	}, [path, everyMs, turn]);
	const mine = state.path === path;
	const data =
		mine && state.data !== undefined ? state.data : path !== null ? (kept.get(path) as T | undefined) : undefined;
	return { data, problem: mine ? state.problem : undefined, again: () => setTurn((n) => n + 1) };
}

/** The size of an element, as it changes. */
export function useWidth<E extends HTMLElement>(): [{ current: E | null }, number] {
	const ref = useRef<E | null>(null);
	const [width, setWidth] = useState(0);
	useEffect(() => {
		const element = ref.current;
		if (!element) return;
		const observer = new ResizeObserver((entries) => setWidth(Math.floor(entries[0]?.contentRect.width ?? 0)));
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
	return [ref, width];
}

/** True once the element has come near what is seen. */
export function useSeen<E extends Element>(): [{ current: E | null }, boolean] {
	const ref = useRef<E | null>(null);
	const [seen, setSeen] = useState(false);
	useEffect(() => {
		const element = ref.current;
		if (!element || seen) return;
		const observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && setSeen(true), {
			rootMargin: "200px",
		});
		observer.observe(element);
		return () => observer.disconnect();
	}, [seen]);
	return [ref, seen];
}

export function useTitle(title: string): void {
	useEffect(() => {
		document.title = `${title} · ward`;
	}, [title]);
}

/** The present, in steps. */
export function useNow(everyMs = 1000): number {
	const [now, set] = useState(Date.now());
	useEffect(() => {
		const timer = setInterval(() => set(Date.now()), everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return now;
}

/** Light or dark, as it is now in force. */
export function useScheme(): string {
	const read = () =>
		document.documentElement.dataset["theme"] ??
		(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
	const [scheme, set] = useState(read);
	useEffect(() => {
		const update = () => set(read());
		const media = matchMedia("(prefers-color-scheme: dark)");
		media.addEventListener("change", update);
		addEventListener("ward-theme", update);
		return () => {
			media.removeEventListener("change", update);
			removeEventListener("ward-theme", update);
		};
	}, []);
	return scheme;
}
