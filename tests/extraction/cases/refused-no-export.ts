export function g(): void {}
