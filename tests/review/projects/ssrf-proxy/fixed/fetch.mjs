import axios from "axios";
const targets = new Map([["rates", "https://rates.example/v1"], ["news", "https://news.example/v1"]]);
export const handler = async (event) => {
	const url = targets.get(event.queryStringParameters.name);
	if (!url) return { statusCode: 404, body: "" };
	const response = await axios.get(url);
	return { statusCode: response.status, body: response.data };
};
