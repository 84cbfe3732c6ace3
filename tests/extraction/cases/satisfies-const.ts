const f = (input: { n: number }) => ({ double: input.n * 2 });
export { f };
