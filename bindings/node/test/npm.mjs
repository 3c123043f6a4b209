// Where npm is.
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Returns the script of npm, which any Node.js runs.
export function npm() {
  const { npm_execpath: script, PATH } = process.env;
  if (script?.endsWith('.js')) return script;
  for (const folder of PATH.split(delimiter)) {
    try {
      return realpathSync(join(folder, 'npm'));
    } catch {
      // It is in another one.
    }
  }
  return undefined;
}
