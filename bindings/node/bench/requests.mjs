// The requests that every server is measured with.

const HANDSHAKE = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
];

// The fields that a browser sends.
export const BROWSER = [
  ['Host', 'localhost:8080'],
  ['Connection', 'Upgrade'],
  ['Pragma', 'no-cache'],
  ['Cache-Control', 'no-cache'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
  ['Upgrade', 'websocket'],
  ['Origin', 'http://localhost:8080'],
  ['Sec-WebSocket-Version', '13'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-US,en;q=0.9'],
  ['Cookie', 'session=0123456789abcdef0123456789abcdef; theme=dark'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
];

const MANY = Array.from({ length: 54 }, (_, at) => [`X-Field-${at}`, 'a'.repeat(50)]);

export const REQUESTS = {
  'minimal, 5 fields': [['Host', 'localhost:8080'], ...HANDSHAKE],
  'browser, 13 fields, permessage-deflate': BROWSER,
  '60 fields': [['Host', 'localhost:8080'], ...MANY, ...HANDSHAKE, ['X-Last', 'a']],
};
