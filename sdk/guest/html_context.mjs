// Where the holes of an html`` template are: a strict reading of the static parts by the states of the HTML standard
// (section 13.2.5). The compiler runs it over every template of an app, so that a hole without a safe meaning is an
// error at its line; the guest runs it again to know how to write each value.

/**
 * @typedef {"text" | "attribute" | "url" | "url-part"} HoleKind
 *   url: the whole value of an attribute that is an address; url-part: what follows a beginning that is written out
 * @typedef {{ holes: HoleKind[] } | { wrong: string, part: number, at: number }} Contexts `at` in the static part `part`
 */

const addresses = new Set(["href", "src", "action", "formaction", "poster", "cite", "data", "xlink:href", "manifest", "background", "icon"]);
const closed = new Set(["style", "srcdoc", "srcset", "imagesrcset", "ping", "http-equiv", "content-security-policy", "nonce", "integrity"]);
const rawElements = new Set(["script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"]);
const quietElements = new Set(["title", "textarea"]);

class Scanner {
	constructor() {
		this.state = "text";
		this.tag = "";
		this.attribute = "";
		this.value = "";
		this.quote = "";
		this.wrong = "";
	}

	/** @param {string} c one character of a static part @param {string} rest what follows it in the part */
	step(c, rest) {
		switch (this.state) {
			case "text":
				if (c === "<") this.open(rest);
				return;
			case "raw":
				if (c === "<" && new RegExp(`^/${this.tag}[\\s/>]`, "i").test(rest)) this.state = "closing";
				else if (rawElements.has(this.tag) && this.tag === "script" && c.trim() !== "") this.wrong = "a script in the page does not run (Content-Security-Policy): put it into public/ and name it by src";
				return;
			case "comment":
				if (c === ">" && this.value.endsWith("--")) this.state = "text";
				this.value += c;
				return;
			case "declaration":
			case "closing":
				if (c === ">") this.state = "text";
				return;
			case "tag":
				if (/[\s/>]/.test(c)) this.endOfName(c);
				else this.tag += c.toLowerCase();
				return;
			default:
				this.attributes(c);
		}
	}

	/** @param {string} rest */
	open(rest) {
		if (rest.startsWith("!--")) {
			this.state = "comment";
			this.value = "";
		} else if (rest.startsWith("!")) this.state = "declaration";
		else if (/^\/[A-Za-z]/.test(rest)) this.state = "closing";
		else if (/^[A-Za-z]/.test(rest)) {
			this.state = "tag";
			this.tag = "";
		} else if (rest === "") this.wrong = "a tag's name cannot be a value";
		else this.wrong = "write &lt; for a < that opens no tag";
	}

	/** @param {string} c */
	endOfName(c) {
		this.state = "before-name";
		if (c === ">") this.endOfTag();
	}

	endOfTag() {
		this.state = rawElements.has(this.tag) || quietElements.has(this.tag) ? "raw" : "text";
	}

	/** @param {string} c */
	attributes(c) {
		switch (this.state) {
			case "before-name":
				if (c === ">") this.endOfTag();
				else if (!/[\s/]/.test(c)) {
					this.state = "name";
					this.attribute = c.toLowerCase();
				}
				return;
			case "name":
				if (c === "=") this.state = "before-value";
				else if (c === ">") this.endOfTag();
				else if (/[\s/]/.test(c)) this.state = "after-name";
				else this.attribute += c.toLowerCase();
				if (this.state !== "name" && /^on/.test(this.attribute)) this.wrong = `${this.attribute} in the page does not run (Content-Security-Policy): listen from a script in public/`;
				return;
			case "after-name":
				if (c === "=") this.state = "before-value";
				else if (c === ">") this.endOfTag();
				else if (!/\s/.test(c)) {
					this.state = "name";
					this.attribute = c.toLowerCase();
				}
				return;
			case "before-value":
				if (/\s/.test(c)) return;
				this.quote = c === '"' || c === "'" ? c : "";
				this.value = this.quote ? "" : c;
				this.state = "value";
				if (c === ">") this.endOfTag();
				return;
			case "value":
				if (this.quote ? c === this.quote : /\s/.test(c)) this.state = "before-name";
				else if (!this.quote && c === ">") this.endOfTag();
				else this.value += c;
		}
	}

	/** @returns {HoleKind | undefined} undefined: this.wrong says why */
	hole() {
		switch (this.state) {
			case "text":
				return "text";
			case "raw":
				if (quietElements.has(this.tag)) return "text";
				this.wrong = `nothing can be put safely into <${this.tag}>`;
				return undefined;
			case "value":
				return this.quote ? this.valueHole() : this.refuse("put the attribute's value in quotes");
			case "before-value":
				return this.refuse("put the attribute's value in quotes");
			case "comment":
				return this.refuse("a comment cannot hold a value");
			default:
				return this.refuse("a value can be text or stand in a quoted attribute, not in a tag");
		}
	}

	/** @param {string} why */
	refuse(why) {
		this.wrong = why;
		return undefined;
	}

	/** @returns {HoleKind | undefined} */
	valueHole() {
		if (closed.has(this.attribute)) return this.refuse(`nothing can be put safely into ${this.attribute}`);
		/** @type {HoleKind} */
		const kind = !addresses.has(this.attribute) ? "attribute" : this.value === "" ? "url" : "url-part";
		// What is put in counts as written: a second hole is no beginning.
		this.value += "x";
		return kind;
	}
}

/** @param {readonly string[]} parts the static parts of a template @returns {Contexts} */
export function readTemplate(parts) {
	const scanner = new Scanner();
	/** @type {HoleKind[]} */
	const holes = [];
	for (const [part, text] of parts.entries()) {
		for (let at = 0; at < text.length; at++) {
			scanner.step(text.charAt(at), text.slice(at + 1));
			if (scanner.wrong) return { wrong: scanner.wrong, part, at };
		}
		if (part === parts.length - 1) break;
		const kind = scanner.hole();
		if (kind === undefined) return { wrong: scanner.wrong, part, at: text.length };
		holes.push(kind);
	}
	const ended = scanner.state === "text";
	return ended ? { holes } : { wrong: "the template ends inside a tag, a comment or an element that must be closed", part: parts.length - 1, at: parts.at(-1)?.length ?? 0 };
}
