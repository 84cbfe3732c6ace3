// Timers: one list in order of time; the engine asks for the first and fires what is due. Times are milliseconds since
// the request began, in steps of 0.1.
let firstTimer = null;
let lastTimerId = 0;

const addTimer = (timer) => {
	if (firstTimer === null || timer.due < firstTimer.due) {
		timer.next = firstTimer;
		firstTimer = timer;
		return;
	}
	let at = firstTimer;
	while (at.next !== null && at.next.due <= timer.due) at = at.next;
	timer.next = at.next;
	at.next = timer;
};

const removeTimer = (id) => {
	for (let at = firstTimer, before = null; at !== null; before = at, at = at.next) {
		if (at.id !== id) continue;
		if (before === null) firstTimer = at.next;
		else before.next = at.next;
		return;
	}
};

const makeTimer = (run, delay, repeat, args) => {
	if (typeof run !== "function") throw new TypeError("a timer needs a function; text is never code here");
	const wait = +delay;
	const timer = bare();
	timer.id = ++lastTimerId;
	timer.wait = wait >= 1 && wait < 2147483648 ? wait : 1;
	timer.due = hostNow() + timer.wait;
	timer.run = run;
	timer.args = args;
	timer.repeat = repeat;
	timer.next = null;
	addTimer(timer);
	return timer.id;
};

exported.nextTimer = () => (firstTimer === null ? -1 : firstTimer.due);

// Fires one timer that is due at `now` and says whether it did.
exported.fireTimer = (now) => {
	const timer = firstTimer;
	if (timer === null || timer.due > now) return false;
	firstTimer = timer.next;
	if (timer.repeat) {
		timer.due = now + timer.wait;
		addTimer(timer);
	}
	apply(timer.run, undefined, timer.args);
	return true;
};

hide(global, "setTimeout", function setTimeout(run, delay, ...args) {
	return makeTimer(run, delay, false, args);
});
hide(global, "setInterval", function setInterval(run, delay, ...args) {
	return makeTimer(run, delay, true, args);
});
hide(global, "clearTimeout", function clearTimeout(id) {
	removeTimer(id);
});
hide(global, "clearInterval", function clearInterval(id) {
	removeTimer(id);
});

// Coarse, and counted from the request's start: it tells nothing of the machine.
hide(global, "performance", {
	now: () => hostNow(),
	get timeOrigin() {
		return Date.now() - hostNow();
	},
	toJSON() {
		return { timeOrigin: this.timeOrigin };
	},
});
