"""A running browser as a client. It opens a page. With a URL, it runs browser-api.mjs in the page. Without one, it is
the page of our example: this script waits until it is done, prints its texts, and keeps a picture of it."""

import asyncio
import base64
import json
import pathlib

from websockets.asyncio.client import connect

import options

arguments = options.parse("websockets", "--page", "--remote", "--screenshot")

API = pathlib.Path(__file__).with_name("browser-api.mjs").read_text().replace("export ", "")

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


class Remote:
    """A connection for commands with their answers, and for events."""

    def __init__(self, socket):
        self.socket = socket
        self.count = 0
        self.events = set()

    async def command(self, method, params, **more):
        self.count += 1
        await self.socket.send(json.dumps({"id": self.count, "method": method, "params": params, **more}))
        while (answer := await self.receive()).get("id") != self.count:
            pass
        if "result" not in answer:
            raise SystemExit(f"{method}: {answer}")
        return answer["result"]

    async def event(self, method):
        while method not in self.events:
            await self.receive()

    async def receive(self):
        message = json.loads(await self.socket.recv())
        self.events.add(message.get("method"))
        return message


class DevTools(Remote):
    """The protocol of Chromium."""

    async def open(self, page):
        target = await self.command("Target.createTarget", {"url": "about:blank"})
        target = {"targetId": target["targetId"], "flatten": True}
        self.session = (await self.command("Target.attachToTarget", target))["sessionId"]
        await self.in_page("Page.enable", {})
        gone = await self.in_page("Page.navigate", {"url": page})
        if "errorText" in gone:
            raise SystemExit(f"{page}: {gone['errorText']}")
        await self.event("Page.loadEventFired")

    async def evaluate(self, expression):
        params = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return (await self.in_page("Runtime.evaluate", params))["result"].get("value")

    async def close(self):
        await self.in_page("Page.close", {})

    async def screenshot(self):
        return (await self.in_page("Page.captureScreenshot", {}))["data"]

    async def in_page(self, method, params):
        return await self.command(method, params, sessionId=self.session)


class BiDi(Remote):
    """The protocol of Firefox."""

    async def open(self, page):
        await self.command("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self.context = (await self.command("browsingContext.create", {"type": "tab"}))["context"]
        await self.command("browsingContext.navigate", {"context": self.context, "url": page, "wait": "complete"})

    async def evaluate(self, expression):
        params = {"expression": expression, "target": {"context": self.context}, "awaitPromise": True}
        return (await self.command("script.evaluate", params))["result"].get("value")

    async def close(self):
        await self.command("browsingContext.close", {"context": self.context})
        # Firefox allows one session at a time.
        await self.command("session.end", {})

    async def screenshot(self):
        return (await self.command("browsingContext.captureScreenshot", {"context": self.context}))["data"]


async def main():
    is_chromium = "/devtools/" in arguments.remote
    url = arguments.remote if is_chromium else f"{arguments.remote}/session"
    async with connect(url, max_size=None, proxy=None, compression=None) as socket:
        remote = DevTools(socket) if is_chromium else BiDi(socket)
        await remote.open(arguments.page)
        if arguments.url:
            task = {"url": arguments.url, "subprotocol": arguments.subprotocol or [], "message": arguments.message}
            print(await remote.evaluate(EXCHANGE % (API, json.dumps(task))))
        else:
            print(await remote.evaluate(SHOWN))
            pathlib.Path(arguments.screenshot).write_bytes(base64.b64decode(await remote.screenshot()))
        await remote.close()


asyncio.run(main())
