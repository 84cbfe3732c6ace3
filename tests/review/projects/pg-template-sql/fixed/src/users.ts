import { Client } from "pg";
import type { APIGatewayProxyEvent } from "aws-lambda";

export const getUser = async (event: APIGatewayProxyEvent) => {
	const client = new Client({ connectionString: process.env.DATABASE_URL });
	await client.connect();
	const { rows } = await client.query("SELECT * FROM users WHERE id = $1", [event.pathParameters!.id]);
	return { statusCode: 200, body: JSON.stringify(rows[0]) };
};
