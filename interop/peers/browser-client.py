"""A running browser as a client. It opens a page. With a URL, it runs browser-api.mjs in the page. Without one, it is
the page of our example: this script waits until it is done, prints its texts, and keeps a picture of it."""

import asyncio
import base64
import json
import pathlib

from websockets.asyncio.client import connect

import options
import remote as browsers

arguments = options.parse("websockets", "--page", "--remote", "--screenshot")

API = pathlib.Path(__file__).with_name("browser-api.mjs").read_text().replace("export ", "")

# The version of HTTP that brought the page, by the name that TLS has for it.
PAGE_OVER = "`page over: ${performance.getEntriesByType('navigation')[0].nextHopProtocol}`"

# Chromium opens a WebSocket over QUIC only on a connection that is there already. This request makes one.
CONNECT = "fetch('%s', { mode: 'no-cors', credentials: 'include' }).then(() => undefined)"

# Returns the lines that other clients print, in one text.
EXCHANGE = """(async () => {
  %s
  const lines = [];
  try {
    await exchange(WebSocket, { ...%s, print: (line) => lines.push(line) });
  } catch (error) {
    lines.push(`failed: ${error.message}`);
  }
  return lines.join('\\n');
})()"""

# The title of the page shows when it is done.
SHOWN = """(async () => {
  while (!['done', 'failed'].includes(document.title)) await new Promise(requestAnimationFrame);
  return [...document.querySelectorAll('[id]')].map(({ id, textContent }) => `${id}: ${textContent}`).join('\\n');
})()"""


async def main():
    is_chromium = "/devtools/" in arguments.remote
    url = arguments.remote if is_chromium else f"{arguments.remote}/session"
    async with connect(url, max_size=None, proxy=None, compression=None) as socket:
        remote = browsers.DevTools(socket) if is_chromium else browsers.BiDi(socket)
        await remote.open(arguments.page)
        print(await remote.evaluate(PAGE_OVER))
        if arguments.url:
            task = {"url": arguments.url, "subprotocol": arguments.subprotocol or [], "message": arguments.message}
            if arguments.http3:
                await remote.evaluate(CONNECT % (arguments.url.replace("wss", "https") + "health"))
            print(await remote.evaluate(EXCHANGE % (API, json.dumps(task))))
        else:
            print(await remote.evaluate(SHOWN))
            pathlib.Path(arguments.screenshot).write_bytes(base64.b64decode(await remote.screenshot()))
        await remote.close()


asyncio.run(main())
