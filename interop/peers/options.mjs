// The command line of all Node.js peers.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

export function parse(name) {
  const options = {
    version: { type: 'boolean' },
    message: { type: 'string', default: '' },
    subprotocol: { type: 'string', multiple: true, default: [] },
    deflate: { type: 'boolean' },
    'server-window': { type: 'string' },
    'client-window': { type: 'string' },
    'no-server-context': { type: 'boolean' },
    'no-client-context': { type: 'boolean' },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.version) {
    const { version } = createRequire(import.meta.url)(`${name}/package.json`);
    console.log(`${name} ${version} (Node.js ${process.versions.node})`);
    process.exit();
  }
  return { ...values, url: positionals[0] };
}
