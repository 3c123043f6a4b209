// Runs the cases of `requests.json` over a server of Node.js, and lists what its parser accepts or refuses first. The
// table in the README shows the same.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { upgrade } from '../index.mjs';
import { buffer, cases, options } from './cases.mjs';
import { closing, listen } from './servers.mjs';

// Cases that must be refused, but that Node.js passes on: it has removed the reason, or has other limits.
const LET_THROUGH = [
  'CR without LF before the request line',
  'CR CR LF before the request line',
  'an empty line, then CR without LF',
  'two spaces before the target',
  'two spaces before the HTTP version',
  'a head of 16,385 bytes',
  'leading empty lines count as head: one byte over',
  'a head of one byte over the configured limit',
  '101 fields',
  '2,000 fields within the head limit',
  'the field that makes the upgrade is number 101',
  'one field more than the configured limit',
  'too many fields come before a head too large',
  'a target of 8,193 bytes',
  'a target of 8,193 bytes of which 8,000 are query',
  'a target of one byte over the configured limit',
  'an absolute-form target counts as a whole',
];

// Cases that must be accepted, but that Node.js refuses or treats as plain HTTP.
const KEPT_BACK = [
  'a frame behind a head whose lines end in LF',
  'all lines end in LF alone',
  'the request line alone ends in LF',
  'one field line ends in LF alone',
  'the last line is LF alone',
  'the lines end in LF and the head in CRLF',
  'HTTP/1.2 is taken as HTTP/1.1',
  'HTTP/1.9 is taken as HTTP/1.1',
  'a head of LF lines of exactly the configured limit',
  'a larger configured limit lets a larger head pass',
  'Connection: upgrade between tabs',
  'Content-Length: 0 twice in a list',
  'Content-Length: 0 on two lines',
  'Content-Length: 00 and 0 in a list',
];

// Bun refuses these as well.
const KEPT_BACK_BY_BUN = [
  'absolute-form with ws',
  'absolute-form with wss',
  'a larger configured limit lets more fields pass',
  'absolute-form with ws on a connection that is not secured',
  'absolute-form with ws on a secured connection is served',
  'absolute-form with wss on a secured connection',
];

test('what differs from a server that reads requests itself', async (t) => {
  let current, refused;
  const server = http.createServer((request, response) => response.end());
  server.on('upgrade', (request, socket, head) => {
    upgrade.handleUpgradeRequest(request, socket, head, options(current.server), (error) => {
      refused = error;
      if (!error) socket.end();
    });
  });
  const port = await listen(t, server);

  const letThrough = [];
  const keptBack = [];
  for (const each of cases('requests.json')) {
    if (each.expect === 'more') continue;
    current = each;
    refused = undefined;
    const status = await send(port, buffer(each.request));
    const expected = each.expect.accept ? 101 : (each.expect.reject?.status ?? each.expect.not_upgrade.status ?? 426);
    if (status === 101 && expected !== 101) letThrough.push(each.name);
    if (status !== 101 && expected === 101) keptBack.push(each.name);
    // Cases that get here, and are not about the bytes of a head, have the expected status.
    if (refused && each.layer !== 'syntax') assert.equal(status, expected, each.name);
    if (refused) assert.equal(status, refused.statusCode, each.name);
  }
  const { bun, deno, node } = process.versions;
  const keptBackHere = bun ? [...KEPT_BACK, ...KEPT_BACK_BY_BUN] : KEPT_BACK;
  // Other versions of Node.js, and other runtimes, may be stricter. No new case may join these lists.
  assert.deepEqual(letThrough.filter((name) => !LET_THROUGH.includes(name)), []);
  assert.deepEqual(keptBack.filter((name) => !keptBackHere.includes(name)), []);
  if (!bun && !deno && node.startsWith('20.')) assert.deepEqual([letThrough, keptBack], [LET_THROUGH, KEPT_BACK]);
});

// Returns the status of the final response, or 0 if there is none.
async function send(port, request) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (bytes) => (received += bytes.toString('latin1')));
  socket.end(request);
  await closing(socket);
  return Number(received.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '').match(/^HTTP\/1\.1 (\d+) /)?.[1] ?? 0);
}
