enum Size {
	Small = "s",
	Large = "l",
}
export function f(input: { size: Size; only: Size.Large }): Size {
	return input.size;
}
