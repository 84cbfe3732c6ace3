import axios from "axios";
export const handler = async (event) => {
	const { url } = event.queryStringParameters;
	const response = await axios.get(url); // expect: js-ssrf
	return { statusCode: response.status, body: response.data };
};
