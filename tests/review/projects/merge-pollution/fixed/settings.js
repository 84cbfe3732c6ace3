exports.handler = async (event) => {
	const { theme } = JSON.parse(event.body);
	return { theme: theme === "dark" ? "dark" : "light" };
};
