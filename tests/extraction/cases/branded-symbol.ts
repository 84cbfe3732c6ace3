declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };
/** @minimum 1 @integer */
type UserId = Brand<number, "UserId">;
export function f(input: { id: UserId; ids: UserId[] }): void {
	void input;
}
