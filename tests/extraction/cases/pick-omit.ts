interface User {
	id: string;
	name: string;
	secret: string;
}
export function f(input: Omit<User, "id" | "secret">): Pick<User, "id" | "name"> {
	return { id: "1", ...input };
}
