export type Contact = { by: "mail"; address: string } | { by: "phone"; number: string };
export function f(input: Contact): void {
	void input;
}
