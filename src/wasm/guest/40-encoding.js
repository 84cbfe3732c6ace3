// TextEncoder and TextDecoder (UTF-8 only, as the Encoding standard's default). Sections are those of
// https://encoding.spec.whatwg.org.
const charCode = uncurry(String.prototype.charCodeAt);
const fromCodes = String.fromCharCode;

const encodeInto = (text, to, limit) => {
	let written = 0, read = 0;
	for (let i = 0; i < text.length; i++) {
		let c = charCode(text, i), units = 1;
		if (c >= 0xd800 && c <= 0xdfff) {
			const low = c < 0xdc00 && i + 1 < text.length ? charCode(text, i + 1) : 0;
			if (low >= 0xdc00 && low <= 0xdfff) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				units = 2;
			} else {
				c = 0xfffd;
			}
		}
		const need = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		if (written + need > limit) break;
		if (need === 1) to[written] = c;
		else if (need === 2) {
			to[written] = 0xc0 | (c >> 6);
			to[written + 1] = 0x80 | (c & 63);
		} else if (need === 3) {
			to[written] = 0xe0 | (c >> 12);
			to[written + 1] = 0x80 | ((c >> 6) & 63);
			to[written + 2] = 0x80 | (c & 63);
		} else {
			to[written] = 0xf0 | (c >> 18);
			to[written + 1] = 0x80 | ((c >> 12) & 63);
			to[written + 2] = 0x80 | ((c >> 6) & 63);
			to[written + 3] = 0x80 | (c & 63);
		}
		written += need;
		read += units;
		i += units - 1;
	}
	return { read, written };
};

const encodeUtf8 = (text) => {
	const room = new Uint8Array(text.length * 3);
	const { written } = encodeInto(text, room, room.length);
	return room.slice(0, written);
};

class TextEncoder {
	get encoding() {
		return "utf-8";
	}
	encode(text = "") {
		return encodeUtf8(stringOf(text));
	}
	encodeInto(text, to) {
		if (!(to instanceof Uint8Array)) throw new TypeError("encodeInto needs a Uint8Array");
		return encodeInto(stringOf(text), to, to.length);
	}
}

// The decoder's state between chunks: section 8.1.1.
const newUtf8State = () => ({ point: 0, needed: 0, seen: 0, lower: 0x80, upper: 0xbf });

const decodeUtf8 = (bytes, state, fatal, last) => {
	let text = "", run = [];
	const emit = (point) => {
		if (point > 0xffff) {
			run.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
		} else run.push(point);
		if (run.length > 4000) {
			text += apply(fromCodes, undefined, run);
			run = [];
		}
	};
	const wrong = () => {
		if (fatal) throw new TypeError("the bytes are not valid UTF-8");
		emit(0xfffd);
	};
	for (let i = 0; i < bytes.length; i++) {
		const b = bytes[i];
		if (state.needed === 0) {
			if (b < 0x80) emit(b);
			else if (b >= 0xc2 && b <= 0xdf) {
				state.needed = 1;
				state.point = b & 31;
			} else if (b >= 0xe0 && b <= 0xef) {
				if (b === 0xe0) state.lower = 0xa0;
				if (b === 0xed) state.upper = 0x9f;
				state.needed = 2;
				state.point = b & 15;
			} else if (b >= 0xf0 && b <= 0xf4) {
				if (b === 0xf0) state.lower = 0x90;
				if (b === 0xf4) state.upper = 0x8f;
				state.needed = 3;
				state.point = b & 7;
			} else wrong();
			continue;
		}
		if (b < state.lower || b > state.upper) {
			Object.assign(state, newUtf8State());
			wrong();
			i--;
			continue;
		}
		state.lower = 0x80;
		state.upper = 0xbf;
		state.point = (state.point << 6) | (b & 63);
		if (++state.seen === state.needed) {
			const point = state.point;
			Object.assign(state, newUtf8State());
			emit(point);
		}
	}
	if (last && state.needed !== 0) {
		Object.assign(state, newUtf8State());
		wrong();
	}
	return text + apply(fromCodes, undefined, run);
};

const bytesOf = (input) => {
	if (input === undefined) return new Uint8Array(0);
	if (input instanceof ArrayBuffer) return new Uint8Array(input);
	if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
	throw new TypeError("an ArrayBuffer or a view of one is needed");
};

class TextDecoder {
	#fatal;
	#keepMark;
	#state = newUtf8State();
	#begun = false;
	constructor(label = "utf-8", options = {}) {
		const name = stringOf(label).trim().toLowerCase();
		if (!["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"].includes(name))
			throw new RangeError("the encoding " + name + " is not supported: only utf-8 is");
		this.#fatal = !!options.fatal;
		this.#keepMark = !!options.ignoreBOM;
	}
	get encoding() {
		return "utf-8";
	}
	get fatal() {
		return this.#fatal;
	}
	get ignoreBOM() {
		return this.#keepMark;
	}
	decode(input, options = {}) {
		const stream = !!options.stream;
		let text = decodeUtf8(bytesOf(input), this.#state, this.#fatal, !stream);
		if (!this.#begun && text.length > 0) {
			if (!this.#keepMark && charCode(text, 0) === 0xfeff) text = text.slice(1);
			this.#begun = true;
		}
		if (!stream) this.#begun = false;
		return text;
	}
}

hide(global, "TextEncoder", TextEncoder);
hide(global, "TextDecoder", TextDecoder);
