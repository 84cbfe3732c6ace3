import { exec } from "child_process";
export const handler = async (event) => {
	exec("notify " + event.queryStringParameters.who); // expect: js-command-injection
	return { statusCode: 200, body: "paid" };
};
