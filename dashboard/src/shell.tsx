// What surrounds every page: where one is, whether it is live, light or dark.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Overview } from "./api.ts";
import { useGet } from "./hooks.ts";
import { useConnection, useOverview } from "./live.ts";
import { root } from "./router.tsx";

interface Entry {
	page: string;
	title: string;
	icon: string;
}

/** Events will stand in the second group. */
const groups: { title: string; entries: Entry[] }[] = [
	{
		title: "Watch",
		entries: [
			{ page: "", title: "Overview", icon: "M2 12.5 5.5 7l3 3.500L14 3" },
			{ page: "incidents", title: "Incidents", icon: "M8 2.5 14 13.500H2zM8 7v3M8 11.800v.2" },
			{ page: "requests", title: "Requests", icon: "M2 4h9M2 8h12M2 12h6" },
		],
	},
	{
		title: "App",
		entries: [
			{
				page: "functions",
				title: "Functions",
				icon: "M10.5 2.500c-2 0-2.5 1-2.8 3L6.5 12c-.3 1.5-.9 2-2.5 1.800M4.5 6.500h6",
			},
			{
				page: "data",
				title: "Data",
				icon: "M3 4c0-1 2.2-1.8 5-1.800S13 3 13 4s-2.2 1.8-5 1.800S3 5 3 4zv8c0 1 2.2 1.8 5 1.800s5-.8 5-1.800V4M3 8c0 1 2.2 1.8 5 1.800S13 9 13 8",
			},
			{
				page: "identity",
				title: "Identity",
				icon: "M8 8a2.7 2.7 0 1 0 0-5.400A2.7 2.7 0 0 0 8 8zM2.8 13.800c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4",
			},
		],
	},
	{
		title: "Machine",
		entries: [
			{ page: "deployments", title: "Deployments", icon: "M8 13.500v-8M4.8 8.500 8 5.300l3.2 3.200M3 2.500h10" },
			{ page: "processes", title: "Processes", icon: "M2.5 2.500h11v11h-11zM2.5 6.500h11M6.5 6.500v7" },
			{ page: "audit", title: "Audit", icon: "M4 2.500h8v11H4zM6.3 5.500h3.400M6.3 8h3.400M6.3 10.500h2" },
		],
	},
];

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];

function kept(): Theme {
	try {
		const t = localStorage.getItem("ward-theme");
		return t === "light" || t === "dark" ? t : "system";
	} catch {
		return "system";
	}
}

export function applyTheme(theme: Theme = kept()): void {
	if (theme === "system") delete document.documentElement.dataset["theme"];
	else document.documentElement.dataset["theme"] = theme;
	try {
		localStorage.setItem("ward-theme", theme);
	} catch {
		// A browser that keeps nothing forgets the choice, and that is all.
	}
	dispatchEvent(new Event("ward-theme"));
}

function ThemeButton() {
	const [theme, set] = useState<Theme>(kept);
	const next = themes[(themes.indexOf(theme) + 1) % themes.length] as Theme;
	const words = { system: "As the system", light: "Light", dark: "Dark" }[theme];
	return (
		<button
			type="button"
			class="theme"
			onClick={() => (set(next), applyTheme(next))}
			aria-label={`Colours: ${words.toLowerCase()}. Change`}
		>
			<svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
				<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
				<path d="M8 2.500a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
			</svg>
			{words}
		</button>
	);
}

const connectionWords = { connecting: "Connecting", live: "Live", away: "No connection, trying again" } as const;

function Status() {
	const connection = useConnection();
	return (
		<p class={`connection ${connection}`} role="status">
			<span class="dot" aria-hidden="true" />
			{connectionWords[connection]}
		</p>
	);
}

function Entries({ page }: { page: string }) {
	const overview = useOverview();
	return (
		<>
			{groups.map((g) => (
				<div key={g.title} class="nav-group">
					<h2 id={`nav-${g.title}`}>{g.title}</h2>
					<ul aria-labelledby={`nav-${g.title}`}>
						{g.entries.map((e) => (
							<li key={e.page}>
								<a href={root + e.page} {...(e.page === page ? { "aria-current": "page" } : {})}>
									<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
										<path d={e.icon} />
									</svg>
									<span>{e.title}</span>
									{e.page === "incidents" && overview && overview.incidents.live > 0 && (
										<span class="badge">
											{overview.incidents.live}
											<span class="unseen"> open</span>
										</span>
									)}
								</a>
							</li>
						))}
					</ul>
				</div>
			))}
		</>
	);
}

export function Shell({ page, children }: { page: string; children: ComponentChildren }) {
	const live = useOverview();
	const overview = useGet<Overview>(live ? null : "overview").data ?? live;
	const [open, setOpen] = useState(false);
	useEffect(() => setOpen(false), [page]);
	return (
		<>
			<a href="#main" class="skip">
				Skip to the page
			</a>
			<div class="rail">
				<div class="rail-inner">
					<div class="brand">
						<a href={root} class="wordmark" aria-label="ward: overview">
							<svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
								<path
									class="shield"
									d="M16 2.5 27.5 7v8.600c0 6.6-4.6 11.4-11.5 13.900C9.1 27 4.5 22.2 4.5 15.600V7z"
								/>
								<path class="w" d="m9.5 12 3.3 8.5 3.2-7 3.2 7 3.3-8.5" />
							</svg>
							ward
						</a>
						<span class="app-name">{overview?.app ?? ""}</span>
						<button type="button" class="menu" aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)}>
							{open ? "Close" : "Menu"}
						</button>
					</div>
					<nav id="nav" aria-label="Pages" class={open ? "open" : ""}>
						<Entries page={page} />
					</nav>
					<div class="rail-foot">
						<Status />
						<ThemeButton />
					</div>
				</div>
			</div>
			<main id="main">{children}</main>
		</>
	);
}
