import { GenezioDeploy, GenezioMethod, GenezioHttpRequest, GenezioHttpResponse } from "@genezio/types";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL, ssl: { rejectUnauthorized: false } }); // expect: js-tls-off

@GenezioDeploy()
export class TodoService {
  async list(owner: string) {
    const result = await pool.query("SELECT * FROM todo WHERE owner = '" + owner + "'"); // expect: js-sql-injection
    return result.rows;
  }

  async remove(id: number) {
    await pool.query(`DELETE FROM todo WHERE id = ${id}`); // expect: js-sql-injection
    return true;
  }

  async compute(expression: string) {
    return eval(expression); // expect: js-code-injection
  }

  @GenezioMethod({ type: "http" })
  async importFrom(request: GenezioHttpRequest): Promise<GenezioHttpResponse> {
    try {
      const source = await fetch(request.queryStringParameters!.url); // expect: js-ssrf
      return { statusCode: "200", body: await source.text(), headers: { "Access-Control-Allow-Origin": "*" } };
    } catch (error: any) {
      return { statusCode: "500", body: error.stack }; // expect: js-verbose-error
    }
  }

  @GenezioMethod({ type: "cron", cronString: "0 3 * * *" })
  async clean() {
    await pool.query("DELETE FROM todo WHERE done");
  }
}
