function pay(order: { id: string; amount: number }): Promise<{ receipt: string }> {
	return Promise.resolve({ receipt: order.id });
}
export function f(input: Parameters<typeof pay>[0]): Awaited<ReturnType<typeof pay>> {
	return { receipt: input.id };
}
