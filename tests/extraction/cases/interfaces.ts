interface Base {
	id: string;
}
interface Named extends Base {
	readonly name: string;
}
export function f(input: Named): Base {
	return input;
}
