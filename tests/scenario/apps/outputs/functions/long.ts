import { type Html, WardError, html } from "ward";

/** A page of n characters. */
export async function long({ n }: { n: number }): Promise<Html> {
	return html`${"x".repeat(n)}`;
}

/** @maxLength 100 */
type Short = Html;

export async function bounded({ n }: { n: number }): Promise<Short> {
	return html`${"x".repeat(n)}`;
}

export class Closed extends WardError("Closed", 409, 'Closed: "until" <Monday> \\ ü') {}
export class Plain extends WardError("Plain", 410) {}

export async function refuses({ plainly }: { plainly: boolean }): Promise<void> {
	if (plainly) throw new Plain();
	throw new Closed();
}
