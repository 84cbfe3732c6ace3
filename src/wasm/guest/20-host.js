// Host calls, errors and what the engine asks of the guest.
const pending = bare();

const makeError = (code, message) => {
	const error = new Error(message);
	hide(error, "code", code);
	return error;
};

const hostCall = host.call, hostLog = host.log, hostNow = host.now, hostRandom = host.random, hostCaller = host.caller;

// Throws when the host refuses the call at once, so that the promise is rejected by its executor.
const callHost = (verb, name, argument) =>
	new Promise((resolve, reject) => {
		const id = hostCall(verb, name, argument);
		const entry = bare();
		entry.resolve = resolve;
		entry.reject = reject;
		pending[id] = entry;
	});

exported.settle = (id, ok, value) => {
	const entry = pending[id];
	if (entry === undefined) return false;
	delete pending[id];
	if (ok) entry.resolve(value);
	else entry.reject(value);
	return true;
};

exported.makeError = makeError;
exported.dateValue = dateValue;
exported.bigintOf = BigInt;
exported.mathRandom = Math.random;

exported.describe = (e) => {
	try {
		if (typeof e !== "object" || e === null) return "uncaught " + stringOf(e);
		const name = e.name, message = e.message;
		const n = typeof name === "string" ? name : "Error";
		return typeof message === "string" && message !== "" ? n + ": " + message : n;
	} catch {
		return "an exception that cannot be shown";
	}
};

exported.stackOf = (e) => {
	try {
		const stack = typeof e === "object" && e !== null ? e.stack : "";
		return typeof stack === "string" ? stack : "";
	} catch {
		return "";
	}
};

const levels = bare();
levels.debug = 0;
levels.info = 1;
levels.warn = 2;
levels.error = 3;

defineProperty(global, "__ward_host", {
	value: {
		__proto__: null,
		call: callHost,
		caller: () => hostCaller(),
		log: (level, text) => {
			const known = typeof level === "string" ? levels[level] : undefined;
			hostLog(known === undefined ? 1 : known, stringOf(text));
		},
	},
	writable: false,
	enumerable: false,
	configurable: true,
});
