class Vault {
	#code = 5;
	name = "v";
	check(): boolean {
		return this.#code > 0;
	}
}
export function f(): Vault {
	return new Vault();
}
