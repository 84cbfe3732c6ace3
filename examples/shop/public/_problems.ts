// What the server refused, shown where it belongs: at the field if there is one for it, else at the form.
import { ApiError, InvalidInput, OutOfStock, SignInNeeded, TryLater, Unreachable } from "ward/client";
import { byId } from "./_dom.ts";

function show(id: string, text: string): void {
	const line = byId(id, HTMLElement);
	line.textContent = text;
	line.hidden = text === "";
}

export function clearProblems(form: HTMLFormElement): void {
	for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
	for (const line of form.querySelectorAll<HTMLElement>(".wrong")) line.hidden = true;
}

/**
 * A problem at "/card" goes to the field "card" if the form has one; the others are told below, by what `label` calls the
 * place that they are at.
 */
export function showProblems(form: HTMLFormElement, error: unknown, label = (steps: string[]) => steps.join(", ")): void {
	const others: string[] = [];
	for (const { path, message } of error instanceof InvalidInput ? error.problems : []) {
		const steps = path.split("/").filter(Boolean);
		const field = form.elements.namedItem(steps.at(-1) ?? "");
		if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
			field.setAttribute("aria-invalid", "true");
			field.setAttribute("aria-describedby", `${field.id}-wrong`);
			const form = field.dataset["form"];
			show(`${field.id}-wrong`, form && message.startsWith("must match") ? `Must be ${form}.` : sentence(message));
			field.focus();
		} else others.push(`${label(steps)} ${message}.`);
	}
	if (!(error instanceof InvalidInput) || error.problems.length === 0) others.push(messageOf(error));
	show(`${form.id}-wrong`, others.join("\n"));
}

export function messageOf(error: unknown): string {
	if (error instanceof OutOfStock) return `Of "${error.data.name}" only ${error.data.left} are left.`;
	if (error instanceof SignInNeeded) return "Please sign in first.";
	if (error instanceof TryLater) return `${sentence(error.message)} Please try again in a moment.`;
	if (error instanceof Unreachable) return "The shop cannot be reached. Are you offline?";
	if (error instanceof ApiError) return sentence(error.message) + (error.status >= 500 && error.id ? ` (${error.id})` : "");
	throw error;
}

function sentence(text: string): string {
	const upper = text.charAt(0).toUpperCase() + text.slice(1);
	return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
