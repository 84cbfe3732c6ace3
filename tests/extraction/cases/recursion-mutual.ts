interface Folder {
	files: File[];
	folders: Folder[];
}
interface File {
	name: string;
	parent?: Folder;
}
export function f(input: Folder): void {
	void input;
}
