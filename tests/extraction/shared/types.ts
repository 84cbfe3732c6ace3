/** @maxLength 8 */
type Short = string;

export interface Shared {
	id: Short;
}
