export const f = { a: 1 };
