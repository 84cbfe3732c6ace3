export function clean(text: string): number {
  return Number(text);
}
