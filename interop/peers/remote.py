"""Running browsers, controlled over their protocols."""

import json


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
        await self.open_empty()
        await self.go(page)

    async def open_empty(self):
        target = await self.command("Target.createTarget", {"url": "about:blank"})
        target = {"targetId": target["targetId"], "flatten": True}
        self.session = (await self.command("Target.attachToTarget", target))["sessionId"]
        await self.in_page("Page.enable", {})

    async def go(self, page):
        self.events.discard("Page.loadEventFired")
        gone = await self.in_page("Page.navigate", {"url": page})
        if "errorText" in gone:
            raise SystemExit(f"{page}: {gone['errorText']}")
        await self.event("Page.loadEventFired")

    async def evaluate(self, expression):
        params = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = await self.in_page("Runtime.evaluate", params)
        if "exceptionDetails" in answer:
            raise SystemExit(f"a script in the page: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def close(self):
        await self.in_page("Page.close", {})

    async def screenshot(self, **more):
        return (await self.in_page("Page.captureScreenshot", more))["data"]

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
