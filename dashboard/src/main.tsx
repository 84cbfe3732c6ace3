import { render } from "preact";
import "./style/index.css";
import { start } from "./live.ts";
import { Head } from "./parts.tsx";
import { Link, root, usePlace } from "./router.tsx";
import { Shell, applyTheme } from "./shell.tsx";
import { OverviewPage } from "./pages/overview.tsx";

function Nowhere() {
	return <Head title="There is no such page" lead={<Link to={root}>Go to the overview</Link>} />;
}

function App() {
	const { page } = usePlace();
	return <Shell page={page}>{page === "" ? <OverviewPage /> : <Nowhere />}</Shell>;
}

applyTheme();
start();
render(<App />, document.getElementById("app") as HTMLElement);
