import { GenezioDeploy } from '@genezio/types';
import fs from 'fs';
import path from 'path';
@GenezioDeploy()
export class ReportService {
  async read(name: string): Promise<string> {
    return fs.readFileSync('./reports/' + path.basename(name), 'utf8');
  }
}
