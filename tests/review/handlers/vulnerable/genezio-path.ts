import { GenezioDeploy } from '@genezio/types';
import fs from 'fs';
@GenezioDeploy()
export class ReportService {
  async read(name: string): Promise<string> {
    return fs.readFileSync('./reports/' + name, 'utf8'); // expect: js-path-traversal
  }
}
