// Runs every vector through the core, with the same verdicts as the Rust entrances.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  Reader,
  buffer,
  bytes,
  cases,
  clientHandshake,
  deflate,
  joined,
  judgeResponses,
  options,
  pairs,
  parse,
  policy,
  serverOptions,
  values,
  wasm,
  written,
} from './cases.mjs';

const URL = 'ws://server.example.com/chat';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

// Runs all cases of a file, and reports the failures.
function run(file, check) {
  test(file, () => {
    const all = cases(file);
    const wrong = [];
    for (const each of all) {
      try {
        check(each);
      } catch (error) {
        wrong.push(`${each.name} (${each.rfc}): ${error.message}`);
      }
    }
    assert.equal(wrong.length, 0, `${wrong.length} of ${all.length}:\n${wrong.join('\n')}`);
  });
}

function judge(server, strings, secure, minor = 1) {
  return server.judge(joined(strings), strings.length, minor, secure);
}

const CONNECTION_SPECIFIC = [
  'Connection',
  'Upgrade',
  'Transfer-Encoding',
  'Keep-Alive',
  'Proxy-Connection',
  'TE',
  'HTTP2-Settings',
];

function rejects(verdict, { status, names = '', fields = {} }, { isHead, isConnect, notUpgrade = false }) {
  assert.equal(verdict.settings, undefined);
  assert.equal(verdict.status, status, verdict.message);
  assert.equal(verdict.notUpgrade, notUpgrade, verdict.message);
  const sent = pairs(verdict.fields);
  for (const [name, value] of Object.entries(fields)) assert.deepEqual(values(sent, name), [value]);
  if (isHead) assert.equal(verdict.body, '');
  else assert.deepEqual(values(sent, 'Content-Length'), [String(verdict.body.length)]);
  assert.ok((isHead ? verdict.message : verdict.body).includes(names), `${verdict.message} does not name ${names}`);
  if (isConnect) {
    assert.equal(verdict.answer, undefined);
    for (const name of CONNECTION_SPECIFIC) assert.deepEqual(values(sent, name), []);
  } else {
    const answer = parse(verdict.answer);
    assert.deepEqual(answer, { status, fields: sent, body: verdict.body });
    assert.match(values(sent, 'Connection')[0], /^close/);
  }
}

function agrees(settings, { subprotocol, extensions = '' }) {
  assert.equal(settings.protocol, subprotocol);
  assert.equal(sorted(written(settings.extensions)), sorted(extensions));
}

// Parameters are an object here, so their order is lost.
const sorted = (list) =>
  list
    .split(', ')
    .map((member) => member.split('; ').sort().join('; '))
    .join(', ');

function accepts(verdict, expect) {
  assert.notEqual(verdict.settings, undefined, verdict.message);
  agrees(verdict.settings, expect);
  const answer = parse(verdict.answer.replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, ''));
  assert.equal(answer.status, 101);
  assert.equal(answer.body, '');
  const fields = { Upgrade: 'websocket', Connection: 'Upgrade', ...expect.fields };
  if (expect.extensions) fields['Sec-WebSocket-Extensions'] = expect.extensions;
  if (expect.subprotocol) fields['Sec-WebSocket-Protocol'] = expect.subprotocol;
  for (const [name, value] of Object.entries(fields)) assert.deepEqual(values(answer.fields, name), [value]);
}

function judgeRequest(verdict, expect, isHead) {
  if (expect.accept) accepts(verdict, expect.accept);
  else if (expect.reject) rejects(verdict, expect.reject, { isHead });
  else rejects(verdict, { status: 426, ...expect.not_upgrade }, { isHead, notUpgrade: true });
}

// Splits a head into start line and fields, without refusing anything.
function parsed(text) {
  const [start, ...lines] = text.slice(0, text.search(/\r?\n\r?\n/)).replace(/^(\r?\n)+/, '').split(/\r?\n/);
  const [method, target, version] = start.split(' ');
  const fields = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
  });
  return { strings: [method, target, ...fields], minor: Number(version.at(-1)) };
}

run('requests.json', (each) => {
  const request = buffer(each.request);
  const source = options(each.server);
  const server = serverOptions(source);
  const isHead = request.toString('latin1').startsWith('HEAD ');
  const splits = [[request.length], [Math.floor(request.length / 2), request.length]];
  if (request.length < 400) splits.push(Array.from(request, (_, at) => at + 1));
  for (const ends of splits) {
    const reader = new Reader(server);
    let start = 0;
    let verdict = null;
    for (const end of ends) {
      verdict ??= reader.receive(request.subarray(start, end), source.secure);
      start = end;
    }
    if (each.expect === 'more') {
      assert.equal(verdict, null);
      continue;
    }
    assert.notEqual(verdict, null, 'more is asked for');
    judgeRequest(verdict, each.expect, isHead);
    if (each.expect.accept && ends.length === 1) {
      assert.equal(request.subarray(Number(reader.headLen)).toString('latin1'), bytes(each.expect.accept.leftover));
    }
  }
  if (each.layer !== 'syntax') {
    const { strings, minor } = parsed(request.toString('latin1'));
    judgeRequest(judge(server, strings, source.secure, minor), each.expect, isHead);
  }
});

run('connects.json', (each) => {
  const source = options(each.server);
  const server = serverOptions(source);
  const pseudo = [':method', ':protocol', ':scheme', ':authority', ':path'].map((name) =>
    name in each.pseudo ? `=${each.pseudo[name]}` : '',
  );
  const strings = [...pseudo, ...each.fields.flatMap(([name, value]) => [name, bytes(value)])];
  const verdict = server.judgeConnect(joined(strings), strings.length, source.secure);
  const { accept, reject, not_upgrade: notUpgrade } = each.expect;
  const isHead = each.pseudo[':method'] === 'HEAD';
  if (reject) return rejects(verdict, reject, { isHead, isConnect: true });
  if (notUpgrade) {
    return rejects(verdict, { ...notUpgrade, status: 400 }, { isHead, isConnect: true, notUpgrade: true });
  }
  assert.equal(verdict.status, 200, verdict.message);
  agrees(verdict.settings, accept);
  const fields = pairs(verdict.fields);
  for (const [name, value] of Object.entries(accept.fields ?? {})) assert.deepEqual(values(fields, name), [value]);
  for (const name of CONNECTION_SPECIFIC) assert.deepEqual(values(fields, name), []);
  return undefined;
});

// Accepts a request over HTTP/1.1 and over HTTP/2, and returns the fields of the answer.
function accepted(server) {
  const upgrade = 'GET|/|Host|a|Upgrade|websocket|Connection|Upgrade|Sec-WebSocket-Version|13'.split('|');
  const overHttp1 = judge(server, [...upgrade, 'Sec-WebSocket-Key', KEY]);
  const connect = '=CONNECT|=websocket|=https|=a|=/|sec-websocket-version|13'.split('|');
  const overHttp2 = server.judgeConnect(joined(connect), connect.length);
  assert.equal(overHttp2.status, 200, overHttp2.message);
  return [parse(overHttp1.answer).fields, pairs(overHttp2.fields)];
}

run('added_fields.json', (each) => {
  const [name, value] = each.field.map(bytes);
  const headers = [[name, value]];
  const has = (fields) => values(fields, name).includes(value);
  const expected = [true, each.server === 'sent'];
  if (each.server === 'refused') {
    assert.throws(() => serverOptions({ headers }));
    for (const isConnect of [false, true]) {
      assert.throws(() => wasm.reject(403, headers, Buffer.alloc(0), isConnect));
    }
  } else {
    assert.deepEqual(accepted(serverOptions({ headers })).map(has), expected);
    const rejected = [false, true].map((isConnect) => wasm.reject(403, headers, Buffer.alloc(0), isConnect));
    assert.deepEqual(rejected.map(({ fields }) => has(pairs(fields))), expected);
  }
  if (each.client === 'refused') {
    assert.throws(() => clientHandshake(URL, { headers }));
  } else {
    const request = clientHandshake(URL, { headers }).request().toString('latin1');
    assert.ok(request.includes(`\r\n${name}: ${value}\r\n`), request);
  }
});

run('rejections.json', (each) => {
  const build = (isConnect) => wasm.reject(each.status, each.headers ?? [], Buffer.alloc(0), isConnect);
  if (each.error) {
    assert.throws(() => build(false));
    assert.throws(() => build(true));
    return;
  }
  for (const isConnect of [false, true]) {
    const { status, fields } = (isConnect && each.connect) || each.expect;
    const verdict = build(isConnect);
    assert.equal(verdict.status, status);
    for (const [name, lines] of Object.entries(fields)) {
      assert.deepEqual(values(pairs(verdict.fields), name), lines, name);
    }
  }
});

run('responses.json', (each) => {
  const response = buffer(each.response);
  const splits = [[response.length], [Math.floor(response.length / 3), response.length]];
  if (response.length < 400) splits.push(Array.from(response, (_, at) => at + 1));
  for (const ends of splits) {
    const handshake = clientHandshake(URL, { ...options(each.client), 'Sec-WebSocket-Key': KEY });
    let event = { kind: 'more' };
    let start = 0;
    const isMore = () => event.kind === 'more' || event.kind === 'body';
    for (const end of ends) {
      if (!isMore()) break;
      event = handshake.receive(response.subarray(start, end));
      start = end;
    }
    if (isMore() && each.then === 'close') event = handshake.close(true);
    const rest = response.subarray(start - (event.rest ?? 0)).toString('latin1');
    judgeResponse(event, each.expect, rest, handshake);
  }
});

function judgeResponse(event, { accept, refuse, fail }, rest, handshake) {
  if (accept) {
    assert.equal(event.kind, 'accepted', event.message);
    agrees(event.settings, accept);
    assert.equal(rest, bytes(accept.leftover));
    assert.deepEqual(event.interim, accept.interim ?? []);
  } else if (refuse) {
    assert.equal(event.kind, 'refused', event.message);
    assert.equal(event.status, refuse.status);
    assert.equal(event.body.toString('latin1'), bytes(refuse.body));
    assert.equal(event.truncated, refuse.truncated ?? false);
    assert.ok((event.truncation ?? '').includes(refuse.names ?? ''), `${event.truncation} does not name ${refuse.names}`);
    assert.deepEqual(event.interim, refuse.interim ?? []);
  } else if (fail) {
    assert.equal(event.kind, 'failed');
    assert.ok(event.message.includes(fail.names ?? ''), `${event.message} does not name ${fail.names}`);
  } else {
    assert.match(event.kind, /^(more|body)$/, event.message);
    // A head that is cut off here is not accepted.
    assert.notEqual(handshake.close(false).kind, 'accepted');
  }
}

run('connect_responses.json', (each) => {
  const responses = each.responses.map(({ status, fields }) => {
    const strings = fields.flatMap(([name, value]) => [name, bytes(value)]);
    return { status, fields: joined(strings), count: strings.length };
  });
  const event = judgeResponses(URL, options(each.client), responses);
  const { accept, refuse, fail } = each.expect;
  if (fail) {
    assert.equal(event.kind, 'failed');
    assert.ok(event.message.includes(fail.names ?? ''), event.message);
    return;
  }
  assert.equal(event.kind, accept ? 'accepted' : 'refused', event.message);
  if (accept) agrees(event.settings, accept);
  else assert.equal(event.status, refuse.status);
  assert.deepEqual(event.interim, (accept ?? refuse).interim ?? []);
});

const FIELDS = [
  ['Host', 'server.example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', KEY],
  ['Sec-WebSocket-Version', '13'],
];

const withLines = (name, lines) => ['GET', '/chat', ...FIELDS.flat(), ...lines.flatMap((line) => [name, bytes(line)])];

const EXTENSIONS = 'Sec-WebSocket-Extensions';

function respond(extensions, lines) {
  const fields = lines.map((line) => `${EXTENSIONS}: ${bytes(line)}\r\n`).join('');
  const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`;
  const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n';
  const handshake = clientHandshake(URL, { extensions, 'Sec-WebSocket-Key': KEY });
  return handshake.receive(Buffer.from(`${head}${accept}${fields}\r\n`, 'latin1'));
}

run('extensions.json', (each) => {
  const strings = withLines(EXTENSIONS, each.lines);
  const verdict = judge(serverOptions(undefined), strings);
  // The list in a response: nothing was offered, so a legal list fails with its first member.
  const event = respond([], each.lines);
  if (each.error) {
    assert.match(verdict.reason, /^(extensions_malformed|syntax)$/);
    assert.match(event.reason, /^(extensions_malformed|syntax)$/);
    return;
  }
  assert.notEqual(verdict.settings, undefined, verdict.message);
  const asked = wasm.asked(joined(strings), strings.length, 1);
  // An object has each parameter once and in no order; the last one counts.
  const expected = each.members.map(({ name, params = [] }) =>
    params.length === 0
      ? name
      : { name, params: Object.fromEntries(params.map(([name, value]) => [name, value ?? true])) },
  );
  assert.deepEqual(asked.extensions, expected);
  if (each.lines.length > 0) assert.equal(event.reason, 'extension_not_offered');
});

run('deflate.json', (each) => {
  const extensions = [deflate(each.config)];
  if (each.role === 'server') {
    const verdict = judge(serverOptions({ extensions }), withLines(EXTENSIONS, [each.offer]));
    assert.notEqual(verdict.settings, undefined, verdict.message);
    const answer = values(parse(verdict.answer).fields, EXTENSIONS);
    assert.deepEqual(answer, each.answer === null ? [] : [each.answer]);
    return;
  }
  const event = respond(extensions, [each.response]);
  if (each.error) {
    assert.equal(event.kind, 'failed');
    return;
  }
  assert.equal(event.kind, 'accepted', event.message);
  const agreed = event.settings.permessageDeflate;
  assert.deepEqual(
    {
      server_no_context_takeover: agreed.serverNoContextTakeover,
      client_no_context_takeover: agreed.clientNoContextTakeover,
      server_max_window_bits: agreed.serverMaxWindowBits,
      client_max_window_bits: agreed.clientMaxWindowBits,
      must_not_compress: agreed.mustNotCompress,
    },
    { must_not_compress: false, ...each.agreement },
  );
});

run('subprotocols.json', (each) => {
  const server = serverOptions({ protocols: each.supported, requireProtocol: each.require });
  const verdict = judge(server, withLines('Sec-WebSocket-Protocol', each.offer));
  if (each.expect?.status) {
    assert.equal(verdict.status, each.expect.status);
    assert.match(verdict.message, /Sec-WebSocket-Protocol/);
  } else {
    assert.notEqual(verdict.settings, undefined, verdict.message);
    assert.equal(verdict.settings.protocol ?? null, each.expect);
  }
});

run('origins.json', (each) => {
  const server = serverOptions(policy(each.policy));
  const fields = [['Host', each.authority], ...FIELDS.slice(1), ...each.origin.map((line) => ['Origin', bytes(line)])];
  const verdict = judge(server, ['GET', '/', ...fields.flat()], each.secure);
  assert.equal(verdict.settings !== undefined, each.allowed, verdict.message);
  if (!each.allowed) assert.match(verdict.reason, /^(origin_|syntax)/);
});

run('uris.json', (each) => {
  if (each.error !== undefined) {
    assert.throws(() => clientHandshake(each.uri, {}), (error) => error.message.includes(each.error));
    return;
  }
  const handshake = clientHandshake(each.uri, {});
  const { secure, host, port, authority, target } = handshake.place;
  const { host: expectedHost, authorization, ...expected } = each.expect;
  assert.deepEqual({ secure, port, authority, target }, expected);
  assert.equal(host.toLowerCase(), expectedHost.toLowerCase().replace(/^\[|\]$/g, ''));
  // The request must show the same.
  const request = handshake.request().toString('latin1');
  const { strings } = parsed(request);
  assert.equal(strings[1], expected.target);
  assert.deepEqual(values(pairs(strings.slice(2)), 'Host'), [authority]);
  assert.deepEqual(values(pairs(strings.slice(2)), 'Authorization'), authorization ? [authorization] : []);
});
