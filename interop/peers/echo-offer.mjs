// What a client of the conformance suite shall offer, and its URL.
const { env, argv } = process;

export const url = argv[2];
export const subprotocols = (env.WS_SUBPROTOCOLS ?? '').split(',').filter((name) => name);
export const deflate = env.WS_DEFLATE === '1';
// In milliseconds; undefined if the suite does not ask for one.
export const timeout = env.WS_TIMEOUT && env.WS_TIMEOUT * 1000;
