// The command line of both Node.js peers.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

export function parse() {
  const options = {
    version: { type: 'boolean' },
    message: { type: 'string', default: '' },
    subprotocol: { type: 'string', multiple: true, default: [] },
    deflate: { type: 'boolean' },
    'window-bits': { type: 'string' },
    'no-context-takeover': { type: 'boolean' },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.version) {
    const { version } = createRequire(import.meta.url)('ws/package.json');
    console.log(`ws ${version} (Node.js ${process.versions.node})`);
    process.exit();
  }
  return { ...values, perMessageDeflate: perMessageDeflate(values), url: positionals[0] };
}

function perMessageDeflate(values) {
  if (!values.deflate) return false;
  // By default ws leaves short messages uncompressed.
  const deflate = { threshold: 0 };
  if (values['window-bits']) {
    deflate.serverMaxWindowBits = deflate.clientMaxWindowBits = Number(values['window-bits']);
  }
  if (values['no-context-takeover']) {
    deflate.serverNoContextTakeover = deflate.clientNoContextTakeover = true;
  }
  return deflate;
}
