class Money {
	constructor(readonly cents: number) {}
	add(other: Money): Money {
		return new Money(this.cents + other.cents);
	}
}
export function f(input: { price: number }): Money {
	return new Money(input.price);
}
