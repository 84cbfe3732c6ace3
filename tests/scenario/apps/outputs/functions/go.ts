import { type Html, html, type Redirect, redirect } from "ward";

/** Leads on, or says where it would have led. */
export async function go({ to, status, stay }: { to: string; status?: 302 | 303 | 307 | 308; stay?: boolean }): Promise<Html | Redirect> {
	if (stay) return html`<p>${to}</p>`;
	return redirect(to as `/${string}`, status);
}
