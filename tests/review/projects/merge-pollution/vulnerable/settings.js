function merge(target, source) {
	for (const key in source) {
		if (typeof source[key] === "object") merge(target[key], source[key]);
		else target[key] = source[key]; // expect: js-prototype-pollution
	}
	return target;
}
exports.handler = async (event) => merge({ theme: {} }, JSON.parse(event.body));
