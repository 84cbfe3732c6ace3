// structuredClone: https://html.spec.whatwg.org/multipage/structured-data.html, for the types that exist here. What cannot
// be cloned throws a DataCloneError.
const cannotClone = (what) => {
	throw new DOMException(what + " cannot be cloned", "DataCloneError");
};
const errorNames = ["Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];
const classTag = uncurry(Object.prototype.toString);

const cloneError = (error, seen) => {
	const name = errorNames.includes(error.name) ? error.name : "Error";
	const copy = new global[name]();
	seen.set(error, copy);
	for (const key of ["message", "cause", "stack"]) {
		const d = getOwnPropertyDescriptor(error, key);
		if (d && "value" in d) hide(copy, key, key === "cause" ? clone(d.value, seen) : stringOf(d.value));
	}
	return copy;
};

const cloneBuffer = (buffer, seen) => {
	if (!seen.has(buffer)) seen.set(buffer, buffer.slice(0));
	return seen.get(buffer);
};

const cloneView = (view, seen) => {
	const buffer = cloneBuffer(view.buffer, seen);
	const made = view instanceof DataView ? DataView : global[typeName(view)];
	return new made(buffer, view.byteOffset, view instanceof DataView ? view.byteLength : view.length);
};

// Objects that hold others are known before what they hold is looked at: it may refer back to them.
const cloneContainer = (value, seen) => {
	if (value instanceof Map) {
		const copy = new Map();
		seen.set(value, copy);
		for (const [k, v] of [...value]) copy.set(clone(k, seen), clone(v, seen));
		return copy;
	}
	if (value instanceof Set) {
		const copy = new Set();
		seen.set(value, copy);
		for (const v of [...value]) copy.add(clone(v, seen));
		return copy;
	}
	const copy = Array.isArray(value) ? new Array(value.length) : {};
	seen.set(value, copy);
	for (const key of ownKeys(value))
		defineProperty(copy, key, { value: clone(value[key], seen), writable: true, enumerable: true, configurable: true });
	return copy;
};

const cloneObject = (value, seen) => {
	switch (classTag(value)) {
		case "[object Date]":
			return new Date(apply(dateValue, value, []));
		case "[object RegExp]":
			return new RegExp(value.source, value.flags);
		case "[object Boolean]":
		case "[object Number]":
		case "[object String]":
		case "[object BigInt]":
			return Object(value.valueOf());
		case "[object Error]":
			return cloneError(value, seen);
		case "[object Promise]":
		case "[object WeakMap]":
		case "[object WeakSet]":
		case "[object WeakRef]":
			return cannotClone("a " + className(value));
		case "[object ArrayBuffer]":
			return cloneBuffer(value, seen);
	}
	return ArrayBuffer.isView(value) ? cloneView(value, seen) : cloneContainer(value, seen);
};

const clone = (value, seen) => {
	if (typeof value === "symbol" || typeof value === "function") return cannotClone("a " + typeof value);
	if (typeof value !== "object" || value === null) return value;
	if (seen.has(value)) return seen.get(value);
	const copy = cloneObject(value, seen);
	seen.set(value, copy);
	return copy;
};

hide(global, "structuredClone", function structuredClone(value, options = {}) {
	for (const buffer of options.transfer ?? []) if (!(buffer instanceof ArrayBuffer)) cannotClone("what is no ArrayBuffer");
	const copy = clone(value, new Map());
	// Nothing is shared here, so to transfer is to copy and to leave the first one empty.
	for (const buffer of options.transfer ?? []) buffer.transfer(0);
	return copy;
});
