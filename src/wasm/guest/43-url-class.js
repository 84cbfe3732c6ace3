// The classes URL and URLSearchParams: sections 6.1 and 6.2 of https://url.spec.whatwg.org.

// 5.1 and 5.2: application/x-www-form-urlencoded.
const parseForm = (text) => text.split("&").filter((part) => part !== "").map((part) => {
	const at = part.indexOf("=");
	const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
	return [decodePercent(name.replace(/\+/g, " ")), decodePercent(value.replace(/\+/g, " "))];
});
const formText = (text) => encodePercent(text, setForm).replace(/%20| /g, "+");
const writeForm = (pairs) => pairs.map(([name, value]) => formText(name) + "=" + formText(value)).join("&");
const wellFormed = (value) => stringOf(value).toWellFormed();

// What a URL and its searchParams know of each other, out of the guest's reach.
const paramsOf = new WeakMap();

class URLSearchParams {
	#pairs = [];
	#changed = null;
	constructor(init = "") {
		if (typeof init === "object" && init !== null) {
			const pairs = typeof init[Symbol.iterator] === "function" ? [...init] : ownKeys(init).map((key) => [key, init[key]]);
			for (const pair of pairs) {
				const [name, value, ...more] = [...pair];
				if (value === undefined || more.length > 0) throw new TypeError("each pair needs a name and a value");
				this.#pairs.push([wellFormed(name), wellFormed(value)]);
			}
		} else this.#pairs = parseForm(wellFormed(init).replace(/^\?/, ""));
		paramsOf.set(this, { connect: (changed) => (this.#changed = changed), replace: (text) => (this.#pairs = parseForm(text)) });
	}
	#update() {
		this.#changed?.(writeForm(this.#pairs));
	}
	get size() {
		return this.#pairs.length;
	}
	append(name, value) {
		this.#pairs.push([wellFormed(name), wellFormed(value)]);
		this.#update();
	}
	delete(name, value = undefined) {
		const wanted = wellFormed(name), only = value === undefined ? undefined : wellFormed(value);
		this.#pairs = this.#pairs.filter(([n, v]) => n !== wanted || (only !== undefined && v !== only));
		this.#update();
	}
	get(name) {
		const wanted = wellFormed(name);
		return this.#pairs.find(([n]) => n === wanted)?.[1] ?? null;
	}
	getAll(name) {
		const wanted = wellFormed(name);
		return this.#pairs.filter(([n]) => n === wanted).map(([, v]) => v);
	}
	has(name, value = undefined) {
		const wanted = wellFormed(name), only = value === undefined ? undefined : wellFormed(value);
		return this.#pairs.some(([n, v]) => n === wanted && (only === undefined || v === only));
	}
	set(name, value) {
		const wanted = wellFormed(name), first = this.#pairs.find(([n]) => n === wanted);
		if (first) {
			this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== wanted);
			first[1] = wellFormed(value);
		} else this.#pairs.push([wanted, wellFormed(value)]);
		this.#update();
	}
	sort() {
		this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
		this.#update();
	}
	forEach(call, self = undefined) {
		for (const [name, value] of this) apply(call, self, [value, name, this]);
	}
	*entries() {
		for (let i = 0; i < this.#pairs.length; i++) yield [this.#pairs[i][0], this.#pairs[i][1]];
	}
	*keys() {
		for (const [name] of this.entries()) yield name;
	}
	*values() {
		for (const [, value] of this.entries()) yield value;
	}
	toString() {
		return writeForm(this.#pairs);
	}
}
hide(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);

// 4.5
const writePath = (url) => (url.opaque ? url.path : url.path.map((part) => "/" + part).join(""));
const writeHost = (url) => (url.host ?? "") + (url.port === "" ? "" : ":" + url.port);
const writeUrl = (url) => {
	let text = url.scheme;
	if (url.host !== null) {
		text += "//";
		if (url.user !== "" || url.password !== "") text += url.user + (url.password === "" ? "" : ":" + url.password) + "@";
		text += writeHost(url);
	} else if (!url.opaque && url.path.length > 1 && url.path[0] === "") text += "/.";
	text += writePath(url);
	if (url.query !== null) text += "?" + url.query;
	return url.fragment === null ? text : text + "#" + url.fragment;
};

const parseOrThrow = (input, base) => {
	const baseUrl = base === undefined ? null : parseUrl(stringOf(base), null);
	const url = base !== undefined && baseUrl === null ? null : parseUrl(stringOf(input), baseUrl);
	if (url === null) throw new TypeError("Invalid URL: " + stringOf(input));
	return url;
};

class URL {
	#url;
	#params = null;
	constructor(input, base = undefined) {
		this.#url = parseOrThrow(input, base);
	}
	static canParse(input, base = undefined) {
		return URL.parse(input, base) !== null;
	}
	static parse(input, base = undefined) {
		try {
			return new URL(input, base);
		} catch {
			return null;
		}
	}
	#set(value, state) {
		parseUrl(stringOf(value), null, this.#url, state, state);
	}
	#noAuthority() {
		const url = this.#url;
		return url.host === null || url.host === "" || url.scheme === "file:";
	}
	get href() {
		return writeUrl(this.#url);
	}
	set href(value) {
		this.#url = parseOrThrow(value);
		if (this.#params) paramsOf.get(this.#params).replace(this.#url.query ?? "");
	}
	toString() {
		return this.href;
	}
	toJSON() {
		return this.href;
	}
	get origin() {
		const url = this.#url;
		if (url.scheme === "blob:") {
			const inner = parseUrl(writePath(url), null);
			return inner !== null && (inner.scheme === "http:" || inner.scheme === "https:") ? inner.scheme + "//" + writeHost(inner) : "null";
		}
		return isSpecial(url) && url.scheme !== "file:" ? url.scheme + "//" + writeHost(url) : "null";
	}
	get protocol() {
		return this.#url.scheme;
	}
	set protocol(value) {
		this.#set(stringOf(value) + ":", "schemeStart");
	}
	get username() {
		return this.#url.user;
	}
	set username(value) {
		if (!this.#noAuthority()) this.#url.user = encodePercent(wellFormed(value), setUserinfo);
	}
	get password() {
		return this.#url.password;
	}
	set password(value) {
		if (!this.#noAuthority()) this.#url.password = encodePercent(wellFormed(value), setUserinfo);
	}
	get host() {
		return writeHost(this.#url);
	}
	set host(value) {
		if (!this.#url.opaque) this.#set(value, "host");
	}
	get hostname() {
		return this.#url.host ?? "";
	}
	set hostname(value) {
		if (!this.#url.opaque) parseUrl(stringOf(value), null, this.#url, "hostname", "host");
	}
	get port() {
		return this.#url.port;
	}
	set port(value) {
		if (this.#noAuthority()) return;
		if (stringOf(value) === "") this.#url.port = "";
		else this.#set(value, "port");
	}
	get pathname() {
		return writePath(this.#url);
	}
	set pathname(value) {
		if (this.#url.opaque) return;
		this.#url.path = [];
		this.#set(value, "pathStart");
	}
	get search() {
		const { query } = this.#url;
		return query === null || query === "" ? "" : "?" + query;
	}
	set search(value) {
		const text = stringOf(value);
		this.#url.query = text === "" ? null : "";
		if (text !== "") this.#set(text.replace(/^\?/, ""), "query");
		if (this.#params) paramsOf.get(this.#params).replace(this.#url.query ?? "");
	}
	get searchParams() {
		if (this.#params === null) {
			// Not by the constructor, which takes a leading "?" off.
			this.#params = new URLSearchParams();
			paramsOf.get(this.#params).replace(this.#url.query ?? "");
			paramsOf.get(this.#params).connect((text) => (this.#url.query = text === "" ? null : text));
		}
		return this.#params;
	}
	get hash() {
		const { fragment } = this.#url;
		return fragment === null || fragment === "" ? "" : "#" + fragment;
	}
	set hash(value) {
		const text = stringOf(value);
		this.#url.fragment = text === "" ? null : "";
		if (text !== "") this.#set(text.replace(/^#/, ""), "fragment");
	}
}

hide(global, "URL", URL);
hide(global, "URLSearchParams", URLSearchParams);
