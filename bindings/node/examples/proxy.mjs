// A client through an HTTP proxy. The socket comes from a CONNECT (RFC 9110 §9.3.6), with TLS to the server inside.
//
//     node examples/proxy.mjs http://proxy.example:3128 wss://server.example/
import http from 'node:http';
import net from 'node:net';
import process from 'node:process';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { upgrade } from 'websocket-upgrade';

// Returns a `createConnection` for this URL. `headers` are for the proxy, such as `Proxy-Authorization`.
export function through(proxy, url, headers = {}) {
  const isSecure = new URL(url).protocol === 'wss:';
  return async ({ host, port, signal, ...options }) => {
    const authority = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
    const head = { method: 'CONNECT', path: authority, headers: { ...headers, Host: authority } };
    const socket = await connect(proxy, { ...head, signal });
    return isSecure ? tls.connect({ ...options, socket }) : socket;
  };
}

function connect(proxy, options) {
  return new Promise((resolve, reject) => {
    const request = http.request(proxy, options);
    request.once('error', reject);
    // This event comes for every status of the proxy.
    request.once('connect', ({ statusCode }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        reject(new Error(`the proxy answered ${statusCode}`));
        return;
      }
      // Bytes after the answer are the server's.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

async function main([proxy, url]) {
  const createConnection = through(proxy, url);
  const { socket, options } = await upgrade.createUpgradeRequest(url, { createConnection });
  console.log('accepted: %j', options);
  socket.destroy();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
