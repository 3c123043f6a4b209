"""Python websockets as a server: sends one text message if there is one, then echoes."""

import asyncio

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

import options
from websockets_options import extensions

arguments = options.parse("websockets")


async def handle(socket):
    if arguments.message:
        await socket.send(arguments.message)
    async for message in socket:
        await socket.send(message)


async def main():
    server = serve(
        handle,
        "127.0.0.1",
        0,
        subprotocols=arguments.subprotocol,
        compression=None,
        extensions=extensions(arguments, ServerPerMessageDeflateFactory, None),
    )
    async with server as running:
        port = running.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}/", flush=True)
        await asyncio.Future()


asyncio.run(main())
