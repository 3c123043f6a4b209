// undici as a client.
import { WebSocket } from 'undici';
import { exchange } from './browser-api.mjs';
import { parse } from './options.mjs';

const { url, subprotocol, message } = parse('undici');
await exchange(WebSocket, { url, subprotocol, message, print: console.log });
