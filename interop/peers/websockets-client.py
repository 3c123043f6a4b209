"""Python websockets as a client: prints the agreement, then sends messages and checks the echoes."""

import asyncio

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

import options
from websockets_options import extensions

arguments = options.parse("websockets")


async def main():
    client = connect(
        arguments.url,
        subprotocols=arguments.subprotocol,
        compression=None,
        # With `True`, the server may choose the client's window.
        extensions=extensions(arguments, ClientPerMessageDeflateFactory, True),
        proxy=None,
    )
    async with client as socket:
        print(f"status: {socket.response.status_code}")
        if agreed := socket.response.headers.get("Sec-WebSocket-Extensions"):
            print(f"extensions: {agreed}")
        if socket.subprotocol:
            print(f"subprotocol: {socket.subprotocol}")
        messages = [arguments.message, arguments.message.encode(), arguments.message]
        for place, message in enumerate(messages):
            await socket.send(message)
            if await socket.recv() != message:
                raise SystemExit(f"message {place} came back changed")
        print(f"echoed: {len(messages)}")


asyncio.run(main())
