// Served by `ward dev` only: reloads the page when the app was rebuilt, shows what a build found on top of it.
// Styles are set through the DOM, so that the page's own content security policy stays as strict as it is.
(() => {
	const style = (element, text) => {
		for (const rule of text.split(";")) {
			const at = rule.indexOf(":");
			if (at > 0) element.style.setProperty(rule.slice(0, at).trim(), rule.slice(at + 1).trim());
		}
		return element;
	};
	const make = (tag, css, text) => {
		const element = style(document.createElement(tag), css);
		if (text !== undefined) element.textContent = text;
		return element;
	};
	let overlay = null;
	const show = (findings) => {
		overlay?.remove();
		overlay = null;
		if (findings.length === 0) return;
		overlay = make("section", "position:fixed;inset:0;z-index:2147483647;overflow:auto;padding:5vh 6vw;box-sizing:border-box;" +
			"background:#14161af2;color:#e8eaed;font:15px/1.5 ui-monospace,Menlo,Consolas,monospace");
		overlay.setAttribute("role", "alert");
		overlay.append(make("h1", "font-size:20px;margin:0 0 16px;color:#ff8f80",
			findings.length === 1 ? "The build found a problem" : `The build found ${findings.length} problems`));
		for (const f of findings) {
			const box = make("article", "margin:0 0 14px;padding:12px 16px;background:#1f232a;border-left:3px solid #ff8f80;border-radius:4px");
			const place = f.file ? `${f.file}${f.line ? `:${f.line}:${f.column || 1}` : ""}` : "the app";
			box.append(make("div", "color:#9aa0a6", place), make("div", "margin-top:4px;white-space:pre-wrap", f.message));
			if (f.hint) box.append(make("div", "margin-top:6px;color:#8ab4f8", f.hint));
			overlay.append(box);
		}
		overlay.append(make("p", "color:#9aa0a6", "The last version that built is still serving. Save a file to build again."));
		document.documentElement.append(overlay);
	};
	let seen = null;
	let shown = "[]";
	const ask = async () => {
		try {
			const answer = await fetch("/_ward/dev/status", { cache: "no-store" });
			const { generation, findings } = await answer.json();
			if (seen !== null && generation !== seen) return location.reload();
			seen = generation;
			const text = JSON.stringify(findings);
			if (text !== shown) show(findings);
			shown = text;
		} catch {
			// Restarting: the next try will tell.
		}
		setTimeout(ask, 600);
	};
	ask();
})();
