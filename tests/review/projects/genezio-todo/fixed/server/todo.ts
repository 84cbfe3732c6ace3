import { GenezioAuth, GenezioDeploy, GnzContext } from "@genezio/types";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL });

@GenezioDeploy()
export class TodoService {
  @GenezioAuth()
  async list(context: GnzContext) {
    const result = await pool.query("SELECT * FROM todo WHERE owner = $1", [context.user?.userId]);
    return result.rows;
  }

  @GenezioAuth()
  async remove(context: GnzContext, id: number) {
    await pool.query("DELETE FROM todo WHERE id = $1 AND owner = $2", [id, context.user?.userId]);
    return true;
  }
}
