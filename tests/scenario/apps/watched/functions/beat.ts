export function beat(): { at: string } {
	return { at: "now" };
}
