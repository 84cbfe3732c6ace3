// Hosts and percent-encoding of URLs. Sections are those of https://url.spec.whatwg.org.
const decodeText = (bytes) => decodeUtf8(bytes, newUtf8State(), false, true);
const isAlpha = (c) => c !== undefined && /^[A-Za-z]$/.test(c);
const isDigit = (c) => c !== undefined && c >= "0" && c <= "9" && c.length === 1;

// 1.3: what each percent-encode set adds to the one before it; all hold controls and what is not ASCII.
const setC0 = "", setFragment = ' "<>`', setQuery = ' "#<>', setSpecialQuery = setQuery + "'", setPath = setQuery + "?^`{}";
const setUserinfo = setPath + "/:;=@[\\]|", setComponent = setUserinfo + "$%&+,";
const setForm = setComponent + "!'()~";

const encodePercent = (text, set) => {
	let out = "";
	for (const c of text) {
		const code = c.codePointAt(0);
		if (code > 0x1f && code < 0x7f && !set.includes(c)) out += c;
		else for (const byte of encodeUtf8(c)) out += "%" + hex[byte].toUpperCase();
	}
	return out;
};

const decodePercent = (text) => {
	if (!text.includes("%")) return text;
	const bytes = encodeUtf8(text), out = [];
	const digit = (b) => (b >= 48 && b <= 57 ? b - 48 : (b | 32) >= 97 && (b | 32) <= 102 ? (b | 32) - 87 : -1);
	for (let i = 0; i < bytes.length; i++) {
		const high = bytes[i] === 37 && i + 2 < bytes.length ? digit(bytes[i + 1]) : -1;
		const low = high >= 0 ? digit(bytes[i + 2]) : -1;
		out.push(low >= 0 ? high * 16 + low : bytes[i]);
		if (low >= 0) i += 2;
	}
	return decodeText(Uint8Array.from(out));
};

// RFC 3492, encoding only: enough to write a label in ASCII.
const punycode = (label) => {
	const points = [...label].map((c) => c.codePointAt(0));
	let out = points.filter((p) => p < 128).map((p) => fromCodes(p)).join("");
	let done = out.length, at = 128, delta = 0, bias = 72;
	const basic = done;
	if (basic > 0) out += "-";
	while (done < points.length) {
		const next = Math.min(...points.filter((p) => p >= at));
		delta += (next - at) * (done + 1);
		at = next;
		for (const p of points) {
			if (p < at) delta++;
			if (p !== at) continue;
			let q = delta;
			for (let k = 36; ; k += 36) {
				const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
				if (q < t) break;
				const d = t + ((q - t) % (36 - t));
				out += fromCodes(d + (d < 26 ? 97 : 22));
				q = Math.floor((q - t) / (36 - t));
			}
			out += fromCodes(q + (q < 26 ? 97 : 22));
			delta = done === basic ? Math.floor(delta / 700) : delta >> 1;
			delta += Math.floor(delta / (done + 1));
			for (bias = 0; delta > 455; bias += 36) delta = Math.floor(delta / 35);
			bias += Math.floor((36 * delta) / (delta + 38));
			delta = 0;
			done++;
		}
		delta++;
		at++;
	}
	return out;
};

// 3.3, without the tables of UTS 46: compatibility forms are folded by NFKC and case.
const domainToAscii = (domain) => {
	const folded = domain.normalize("NFKC").toLowerCase().normalize("NFKC").replace(/[\u3002\uff0e\uff61]/g, ".").replace(/[\u00ad\u200b\u2060\ufeff]/g, "");
	return folded.split(".").map((label) => (/^[\0-\x7f]*$/.test(label) ? label : "xn--" + punycode(label))).join(".");
};

// 3.5: one part of an IPv4 address, or -1.
const ipv4Part = (text) => {
	if (text === "") return -1;
	if (/^0[xX][0-9a-fA-F]*$/.test(text)) return text.length === 2 ? 0 : parseInt(text.slice(2), 16);
	if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
	return /^(0|[1-9][0-9]*)$/.test(text) ? parseInt(text, 10) : -1;
};

const endsInNumber = (host) => {
	const parts = host.split(".");
	if (parts.length > 1 && parts[parts.length - 1] === "") parts.pop();
	const last = parts[parts.length - 1];
	return /^[0-9]+$/.test(last) || /^0[xX][0-9a-fA-F]*$/.test(last);
};

const parseIpv4 = (host) => {
	const parts = host.split(".");
	if (parts.length > 1 && parts[parts.length - 1] === "") parts.pop();
	const numbers = parts.map(ipv4Part);
	const last = numbers.pop();
	if (numbers.length > 3 || last === -1 || numbers.some((n) => n < 0 || n > 255) || last >= 256 ** (4 - numbers.length)) return null;
	let value = last;
	numbers.forEach((n, i) => (value += n * 256 ** (3 - i)));
	return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
};

// 3.5: eight pieces; an IPv4 address may stand for the last two.
const parseIpv6 = (text) => {
	const halves = text.split("::");
	if (halves.length > 2) return null;
	const read = (half, last) => {
		const pieces = half === "" ? [] : half.split(":");
		const out = [];
		for (let i = 0; i < pieces.length; i++) {
			const piece = pieces[i];
			if (piece.includes(".")) {
				if (!last || i !== pieces.length - 1 || !/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(piece)) return null;
				const b = piece.split(".").map(Number);
				if (b.some((n) => n > 255)) return null;
				out.push(b[0] * 256 + b[1], b[2] * 256 + b[3]);
			} else if (/^[0-9a-fA-F]{1,4}$/.test(piece)) out.push(parseInt(piece, 16));
			else return null;
		}
		return out;
	};
	const head = read(halves[0], halves.length === 1), tail = halves.length === 2 ? read(halves[1], true) : [];
	if (head === null || tail === null) return null;
	const missing = 8 - head.length - tail.length;
	if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
	return [...head, ...new Array(missing).fill(0), ...tail];
};

// 3.6: the longest run of two or more zero pieces is "::".
const writeIpv6 = (pieces) => {
	let start = -1, length = 1;
	for (let i = 0; i < 8; i++) {
		let n = 0;
		while (i + n < 8 && pieces[i + n] === 0) n++;
		if (n > length) [start, length] = [i, n];
		i += n;
	}
	const text = (part) => part.map((p) => p.toString(16)).join(":");
	return "[" + (start < 0 ? text(pieces) : text(pieces.slice(0, start)) + "::" + text(pieces.slice(start + length))) + "]";
};

// 3.5: the host as it is written, or null.
const parseHost = (text, special) => {
	if (text.startsWith("[")) {
		const pieces = text.endsWith("]") ? parseIpv6(text.slice(1, -1)) : null;
		return pieces && writeIpv6(pieces);
	}
	if (!special) return /[\0\t\n\r #/:<>?@[\\\]^|]/.test(text) ? null : encodePercent(text, setC0);
	const ascii = domainToAscii(decodePercent(text));
	if (ascii === "" || /[\0-\x20#%/:<>?@[\\\]^|\x7f]/.test(ascii)) return null;
	return endsInNumber(ascii) ? parseIpv4(ascii) : ascii;
};
