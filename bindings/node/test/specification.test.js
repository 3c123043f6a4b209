// Runs the two examples of the specification from the README, which repeats them unchanged.
'use strict';

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');

const upgrade = require('..').upgrade;

const readme = readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');

// Returns the example below this heading as a function of the names that it uses.
function example(heading, ...names) {
  const [, code] = readme.slice(readme.indexOf(heading)).match(/```js\n([^]*?)```/);
  return [new Function(...names, code), code];
}

test('the examples of the specification', async (t) => {
  const { listen } = await import('./servers.mjs');
  const [serve, serverCode] = example("### The specification's server", 'upgrade', 'server', 'console');
  const [, clientCode] = example("### The specification's client", 'upgrade', 'console');
  assert.match(serverCode, /upgrade\.handleUpgradeRequest\(request, socket, \{ extensions: \['x-test'\] \}, function/);
  assert.match(
    clientCode,
    /upgrade\.createUpgradeRequest\('ws:\/\/localhost:3000', \{ extensions: \['x-test'\] \}, function/,
  );

  const server = http.createServer();
  const seen = { server: [], client: [] };
  serve(upgrade, server, { log: (...values) => seen.server.push(values) });
  const port = await listen(t, server);

  // A free port replaces the one in the text.
  const connect = new Function('upgrade', 'console', clientCode.replace('localhost:3000', `127.0.0.1:${port}`));
  await new Promise((resolve) => {
    const log = (...values) => {
      seen.client.push(values);
      if (seen.client.length === 2) resolve();
    };
    connect(upgrade, { log });
  });
  const agreed = [{ extensions: ['x-test'] }];
  assert.deepEqual(seen.server, [agreed]);
  assert.deepEqual(seen.client, [agreed, [Buffer.from('frames')]]);
});
