type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export function f(input: { data: Json }): void {
	void input;
}
