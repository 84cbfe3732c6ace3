import type { ComponentChildren } from "preact";
import { render } from "preact";
import "./style/index.css";
import { start } from "./live.ts";
import { Head } from "./parts.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { DataPage } from "./pages/data.tsx";
import { DeploymentsPage } from "./pages/deployments.tsx";
import { FunctionPage } from "./pages/function.tsx";
import { FunctionsPage } from "./pages/functions.tsx";
import { IdentityPage } from "./pages/identity.tsx";
import { IncidentPage, IncidentsPage } from "./pages/incidents.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { ProcessesPage } from "./pages/processes.tsx";
import { RequestPage } from "./pages/request.tsx";
import { RequestsPage } from "./pages/requests.tsx";
import { Link, root, usePlace, type Place } from "./router.tsx";
import { Shell, applyTheme } from "./shell.tsx";

function Nowhere() {
	return <Head title="There is no such page" lead={<Link to={root}>Go to the overview</Link>} />;
}

const pages: Record<string, (place: Place) => ComponentChildren> = {
	"": () => <OverviewPage />,
	functions: ({ rest }) => (rest ? <FunctionPage key={rest} name={rest} /> : <FunctionsPage />),
	requests: ({ rest, search }) => (rest ? <RequestPage key={rest} id={rest} /> : <RequestsPage search={search} />),
	data: () => <DataPage />,
	deployments: () => <DeploymentsPage />,
	identity: () => <IdentityPage />,
	incidents: ({ rest }) => (rest ? <IncidentPage key={rest} id={rest} /> : <IncidentsPage />),
	audit: () => <AuditPage />,
	processes: () => <ProcessesPage />,
};

function App() {
	const place = usePlace();
	return <Shell page={place.page}>{pages[place.page]?.(place) ?? <Nowhere />}</Shell>;
}

applyTheme();
start();
render(<App />, document.getElementById("app") as HTMLElement);
