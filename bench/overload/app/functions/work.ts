export function work(input: { rounds: number }): { sum: number } {
	let sum = 0;
	for (let i = 0; i < input.rounds * 1000; i++) sum = (sum * 31 + i) % 1000003;
	return { sum };
}
