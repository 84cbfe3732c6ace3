// Random values of the request: a fresh key stream each, from the seed that the host gives.
const wholeTypes = ["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array",
	"Uint32Array", "BigInt64Array", "BigUint64Array"];
const typeName = uncurry(getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get);
const hex = [];
for (let i = 0; i < 256; i++) hex[i] = (i < 16 ? "0" : "") + i.toString(16);

const randomBytes = (n) => {
	const bytes = new Uint8Array(n);
	hostRandom(bytes);
	return bytes;
};

hide(global, "crypto", {
	getRandomValues(array) {
		if (!wholeTypes.includes(typeName(array)))
			throw new DOMException("an integer typed array is needed", "TypeMismatchError");
		if (array.byteLength > 65536)
			throw new DOMException("at most 65536 bytes at a time", "QuotaExceededError");
		hostRandom(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
		return array;
	},
	randomUUID() {
		const b = randomBytes(16);
		b[6] = (b[6] & 15) | 64;
		b[8] = (b[8] & 63) | 128;
		let text = "";
		for (let i = 0; i < 16; i++) text += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + hex[b[i]];
		return text;
	},
});
