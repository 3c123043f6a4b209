// What a client of the conformance suite shall offer, and its URL.
const { env, argv } = process;

export const url = argv[2];
export const subprotocols = (env.WS_SUBPROTOCOLS ?? '').split(',').filter((name) => name);
export const deflate = env.WS_DEFLATE === '1';
