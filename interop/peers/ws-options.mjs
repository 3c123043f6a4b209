// The settings of permessage-deflate for ws, as a client and as a server.
export function perMessageDeflate(values) {
  if (!values.deflate) return false;
  // By default ws leaves short messages uncompressed.
  const deflate = { threshold: 0 };
  if (values['server-window']) deflate.serverMaxWindowBits = Number(values['server-window']);
  if (values['client-window']) deflate.clientMaxWindowBits = Number(values['client-window']);
  if (values['no-server-context']) deflate.serverNoContextTakeover = true;
  if (values['no-client-context']) deflate.clientNoContextTakeover = true;
  return deflate;
}
