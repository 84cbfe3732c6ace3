// URL: the parser of section 4.4 of https://url.spec.whatwg.org, its states as functions of one table, and the class of 6.1.
const defaultPorts = { __proto__: null, "ftp:": "21", "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "file:": "" };
const isSpecial = (url) => defaultPorts[url.scheme] !== undefined;
const isSingleDot = (part) => /^(\.|%2e)$/i.test(part);
const isDoubleDot = (part) => /^(\.|%2e){2}$/i.test(part);
const isDriveLetter = (text) => /^[A-Za-z][:|]$/.test(text);

const newUrl = () => ({ scheme: "", user: "", password: "", host: null, port: "", path: [], opaque: false, query: null, fragment: null });

const shorten = (url) => {
	if (url.scheme === "file:" && url.path.length === 1 && /^[A-Za-z]:$/.test(url.path[0])) return;
	url.path.pop();
};

const startsWithDrive = (p, i) => isDriveLetter((p.text[i] ?? "") + (p.text[i + 1] ?? "")) && (p.text.length === i + 2 || "/\\?#".includes(p.text[i + 2]));

const copyAuthority = (url, from) => {
	for (const key of ["user", "password", "host", "port"]) url[key] = from[key];
};

const copyPath = (url, from) => {
	url.path = [...from.path];
	url.query = from.query;
};

const FAIL = Symbol("fail");
const END = Symbol("end");

// Each state sees the character c (undefined at the end) at p.at, and returns the next state, FAIL, or nothing to stay.
// p.again: look at the same character once more. p.only: a setter runs this part alone.
const states = {
	__proto__: null,
	schemeStart(p, c) {
		if (isAlpha(c)) {
			p.buffer += c.toLowerCase();
			return "scheme";
		}
		if (p.only) return FAIL;
		p.again = true;
		return "noScheme";
	},
	scheme(p, c) {
		const { url } = p;
		if (isAlpha(c) || isDigit(c) || c === "+" || c === "-" || c === ".") {
			p.buffer += c.toLowerCase();
			return;
		}
		if (c === ":") {
			const scheme = p.buffer + ":";
			p.buffer = "";
			if (p.only) {
				const special = defaultPorts[scheme] !== undefined;
				if (special !== isSpecial(url) || (scheme === "file:" && (url.user !== "" || url.password !== "" || url.port !== "")) || (url.scheme === "file:" && url.host === "")) return END;
				url.scheme = scheme;
				if (url.port === defaultPorts[scheme]) url.port = "";
				return END;
			}
			url.scheme = scheme;
			if (scheme === "file:") return "file";
			if (isSpecial(url)) return p.base !== null && p.base.scheme === scheme ? "specialRelativeOrAuthority" : "specialAuthoritySlashes";
			if (p.text[p.at + 1] === "/") {
				p.at++;
				return "pathOrAuthority";
			}
			url.opaque = true;
			url.path = "";
			return "opaquePath";
		}
		if (p.only) return FAIL;
		p.buffer = "";
		p.at = -1;
		return "noScheme";
	},
	noScheme(p, c) {
		const { url, base } = p;
		if (base === null || (base.opaque && c !== "#")) return FAIL;
		if (base.opaque) {
			Object.assign(url, { scheme: base.scheme, path: base.path, opaque: true, query: base.query, fragment: "" });
			return "fragment";
		}
		p.again = true;
		return base.scheme === "file:" ? "file" : "relative";
	},
	specialRelativeOrAuthority(p, c) {
		if (c === "/" && p.text[p.at + 1] === "/") {
			p.at++;
			return "specialAuthorityIgnoreSlashes";
		}
		p.again = true;
		return "relative";
	},
	pathOrAuthority(p, c) {
		if (c === "/") return "authority";
		p.again = true;
		return "path";
	},
	relative(p, c) {
		const { url, base } = p;
		url.scheme = base.scheme;
		if (c === "/" || (isSpecial(url) && c === "\\")) return "relativeSlash";
		copyAuthority(url, base);
		copyPath(url, base);
		if (c === "?") {
			url.query = "";
			return "query";
		}
		if (c === "#") {
			url.fragment = "";
			return "fragment";
		}
		if (c === undefined) return;
		url.query = null;
		shorten(url);
		p.again = true;
		return "path";
	},
	relativeSlash(p, c) {
		if (isSpecial(p.url) && (c === "/" || c === "\\")) return "specialAuthorityIgnoreSlashes";
		if (c === "/") return "authority";
		copyAuthority(p.url, p.base);
		p.again = true;
		return "path";
	},
	specialAuthoritySlashes(p, c) {
		if (c === "/" && p.text[p.at + 1] === "/") p.at++;
		else p.again = true;
		return "specialAuthorityIgnoreSlashes";
	},
	specialAuthorityIgnoreSlashes(p, c) {
		if (c === "/" || c === "\\") return;
		p.again = true;
		return "authority";
	},
	authority(p, c) {
		const { url } = p;
		if (c === "@") {
			const text = (p.atSeen ? "%40" : "") + [...p.buffer].join("");
			p.atSeen = true;
			const [user, ...rest] = p.passwordSeen ? [undefined, text] : text.split(":");
			if (user !== undefined) url.user += encodePercent(user, setUserinfo);
			if (rest.length > 0) {
				url.password += encodePercent(rest.join(":"), setUserinfo);
				p.passwordSeen = true;
			}
			p.buffer = [];
			return;
		}
		if (c === undefined || "/?#".includes(c) || (isSpecial(url) && c === "\\")) {
			if (p.atSeen && p.buffer.length === 0) return FAIL;
			p.at -= p.buffer.length + 1;
			p.buffer = "";
			return "host";
		}
		if (typeof p.buffer === "string") p.buffer = [];
		p.buffer.push(c);
	},
	host(p, c) {
		const { url } = p;
		if (p.only && url.scheme === "file:") {
			p.again = true;
			return "fileHost";
		}
		const ends = c === undefined || "/?#".includes(c) || (isSpecial(url) && c === "\\");
		if ((c === ":" && !p.inBrackets) || ends) {
			if (p.buffer === "" && (c === ":" || isSpecial(url))) return FAIL;
			if (p.only && c === ":" && p.only === "hostname") return FAIL;
			if (p.only && p.buffer === "" && (url.user !== "" || url.password !== "" || url.port !== "")) return FAIL;
			const host = parseHost(p.buffer, isSpecial(url));
			if (host === null) return FAIL;
			url.host = host;
			p.buffer = "";
			if (c === ":") return "port";
			if (p.only) return END;
			p.again = true;
			return "pathStart";
		}
		if (c === "[") p.inBrackets = true;
		if (c === "]") p.inBrackets = false;
		p.buffer += c;
	},
	port(p, c) {
		const { url } = p;
		if (isDigit(c)) {
			p.buffer += c;
			return;
		}
		if (c === undefined || "/?#".includes(c) || (isSpecial(url) && c === "\\") || p.only) {
			if (p.buffer !== "") {
				const port = Number(p.buffer);
				if (port > 65535) return FAIL;
				url.port = defaultPorts[url.scheme] === String(port) ? "" : String(port);
				p.buffer = "";
				if (p.only) return END;
			}
			if (p.only) return FAIL;
			p.again = true;
			return "pathStart";
		}
		return FAIL;
	},
	file(p, c) {
		const { url, base } = p;
		url.scheme = "file:";
		url.host = "";
		if (c === "/" || c === "\\") return "fileSlash";
		p.again = true;
		if (base === null || base.scheme !== "file:") return "path";
		url.host = base.host;
		copyPath(url, base);
		if (c === undefined) {
			p.again = false;
			return;
		}
		if (c === "?" || c === "#") {
			p.again = false;
			url[c === "?" ? "query" : "fragment"] = "";
			return c === "?" ? "query" : "fragment";
		}
		url.query = null;
		if (startsWithDrive(p, p.at)) url.path = [];
		else shorten(url);
		return "path";
	},
	fileSlash(p, c) {
		const { url, base } = p;
		if (c === "/" || c === "\\") return "fileHost";
		if (base !== null && base.scheme === "file:") {
			url.host = base.host;
			if (!startsWithDrive(p, p.at) && base.path.length > 0 && /^[A-Za-z]:$/.test(base.path[0])) url.path.push(base.path[0]);
		}
		p.again = true;
		return "path";
	},
	fileHost(p, c) {
		const { url } = p;
		if (c !== undefined && !"/\\?#".includes(c)) {
			p.buffer += c;
			return;
		}
		p.again = true;
		if (!p.only && isDriveLetter(p.buffer)) return "path";
		const host = p.buffer === "" ? "" : parseHost(p.buffer, true);
		if (host === null) return FAIL;
		url.host = host === "localhost" ? "" : host;
		if (p.only) return END;
		p.buffer = "";
		return "pathStart";
	},
	pathStart(p, c) {
		const { url } = p;
		if (!isSpecial(url) && !p.only && (c === "?" || c === "#")) {
			url[c === "?" ? "query" : "fragment"] = "";
			return c === "?" ? "query" : "fragment";
		}
		if (!isSpecial(url) && c === undefined) {
			if (p.only && url.host === null) url.path.push("");
			return;
		}
		if (c !== "/" && !(isSpecial(url) && c === "\\")) p.again = true;
		return "path";
	},
	path(p, c) {
		const { url } = p;
		const slash = c === "/" || (isSpecial(url) && c === "\\");
		if (c !== undefined && !slash && (p.only || (c !== "?" && c !== "#"))) {
			p.buffer += encodePercent(c, setPath);
			return;
		}
		if (isDoubleDot(p.buffer)) {
			shorten(url);
			if (!slash) url.path.push("");
		} else if (isSingleDot(p.buffer)) {
			if (!slash) url.path.push("");
		} else {
			if (url.scheme === "file:" && url.path.length === 0 && isDriveLetter(p.buffer)) p.buffer = p.buffer[0] + ":";
			url.path.push(p.buffer);
		}
		p.buffer = "";
		if (c !== "?" && c !== "#") return;
		url[c === "?" ? "query" : "fragment"] = "";
		return c === "?" ? "query" : "fragment";
	},
	opaquePath(p, c) {
		const { url } = p;
		if (c === "?" || c === "#") {
			url[c === "?" ? "query" : "fragment"] = "";
			return c === "?" ? "query" : "fragment";
		}
		if (c === " ") {
			const next = p.text[p.at + 1];
			url.path += next === "?" || next === "#" ? "%20" : " ";
		} else if (c !== undefined) url.path += encodePercent(c, setC0);
	},
	query(p, c) {
		const { url } = p;
		if (c !== undefined && (p.only || c !== "#")) {
			p.buffer += c;
			return;
		}
		url.query += encodePercent(p.buffer, isSpecial(url) ? setSpecialQuery : setQuery);
		p.buffer = "";
		if (c !== "#") return;
		url.fragment = "";
		return "fragment";
	},
	fragment(p, c) {
		if (c !== undefined) p.url.fragment += encodePercent(c, setFragment);
	},
};

// The parsed URL, or null. With a url, changes it from the given state on, as setters do; false when it did not.
const parseUrl = (input, base, url = null, only = null, start = "schemeStart") => {
	let text = input.toWellFormed();
	if (url === null) text = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "");
	const p = { url: url ?? newUrl(), base, text: [...text.replace(/[\t\n\r]/g, "")], at: 0, buffer: "", again: false, only, atSeen: false, passwordSeen: false, inBrackets: false };
	let state = start;
	for (; ; p.at++) {
		const c = p.at < p.text.length ? p.text[p.at] : undefined;
		p.again = false;
		const next = states[state](p, c);
		if (next === FAIL) return null;
		if (next === END) return p.url;
		if (next !== undefined) state = next;
		if (p.again) p.at--;
		else if (c === undefined && p.at >= p.text.length) return p.url;
	}
};
