/** @minLength 3 @maxLength 8 */
type Name = string;
/** @minimum 0 @integer */
type Count = number;
/** @maxItems 2 */
type Few = Name[];
interface Page<T> {
	items: T[];
}
export function f(input: { name: Name; names: Name[]; page: Page<Name>; few: Few; map: Record<string, Count>; maybe?: Name | null; pair: [Name, Count] }): Promise<Page<Count>> {
	return Promise.resolve({ items: [input.pair[1]] });
}
