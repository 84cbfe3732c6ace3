export const f = async ({ a, b = 5 }: { a: string; b?: number }): Promise<string> => a.repeat(b);
