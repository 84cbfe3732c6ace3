import { Client } from "pg";
import type { APIGatewayProxyEvent } from "aws-lambda";

export const getUser = async (event: APIGatewayProxyEvent) => {
	const client = new Client({ connectionString: process.env.DATABASE_URL });
	await client.connect();
	const id = event.pathParameters!.id;
	const { rows } = await client.query(`SELECT * FROM users WHERE id = '${id}'`); // expect: js-sql-injection
	return { statusCode: 200, body: JSON.stringify(rows[0]) };
};
