interface Comment {
	text: string;
	replies: Comment[];
}
export function f(input: { top: Comment }): Comment {
	return input.top;
}
