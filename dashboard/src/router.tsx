// Addresses below /_ward/: links are plain links, so that they open in a new tab and work with any assistive tool.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import pages from "../pages.json";

export const root = "/_ward/";

export interface Place {
	page: string;
	rest: string;
	search: URLSearchParams;
}

export function place(): Place {
	const [page = "", ...rest] = location.pathname.slice(root.length).split("/");
	return { page, rest: rest.map(decodeURIComponent).join("/"), search: new URLSearchParams(location.search) };
}

const ours = (url: URL): boolean => {
	if (url.origin !== location.origin || !url.pathname.startsWith(root)) return false;
	const first = url.pathname.slice(root.length).split("/")[0] ?? "";
	return first === "" || (pages as string[]).includes(first);
};

/** Goes to a page; the reader starts at its heading, as after any page load. */
export function go(to: string, { replace = false } = {}): void {
	history[replace ? "replaceState" : "pushState"](null, "", to);
	dispatchEvent(new Event("ward-place"));
	if (replace) return;
	scrollTo(0, 0);
	requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
}

export function usePlace(): Place {
	const [now, set] = useState(place);
	useEffect(() => {
		const update = () => set(place());
		const click = (event: MouseEvent) => {
			if (
				event.defaultPrevented ||
				event.button !== 0 ||
				event.metaKey ||
				event.ctrlKey ||
				event.shiftKey ||
				event.altKey
			)
				return;
			const link = (event.target as Element | null)?.closest("a");
			if (!link || link.target || link.hasAttribute("download")) return;
			const url = new URL(link.href);
			if (!ours(url) || (url.pathname === location.pathname && url.hash)) return;
			event.preventDefault();
			go(url.pathname + url.search);
		};
		addEventListener("popstate", update);
		addEventListener("ward-place", update);
		document.addEventListener("click", click);
		return () => {
			removeEventListener("popstate", update);
			removeEventListener("ward-place", update);
			document.removeEventListener("click", click);
		};
	}, []);
	return now;
}

/** The address of a page: at("functions", "pay"), at("requests", "", { caller }). */
export function at(page: string, of = "", search: Record<string, string> = {}): string {
	const q = new URLSearchParams(search).toString();
	return `${root}${page}${of ? `/${encodeURIComponent(of)}` : ""}${q ? `?${q}` : ""}`;
}

export function Link({
	to,
	children,
	...rest
}: {
	to: string;
	class?: string;
	title?: string;
	children: ComponentChildren;
}) {
	return (
		<a href={to} {...rest}>
			{children}
		</a>
	);
}
