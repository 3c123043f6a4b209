"""aiohttp as a server: sends one text message if there is one, then echoes."""

import asyncio

from aiohttp import WSMsgType, web

import options

arguments = options.parse("aiohttp")


async def handle(request):
    socket = web.WebSocketResponse(protocols=arguments.subprotocol or (), compress=arguments.deflate)
    await socket.prepare(request)
    if arguments.message:
        await socket.send_str(arguments.message)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def main():
    application = web.Application()
    application.router.add_get("/", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    print(f"listening on ws://{host}:{port}/", flush=True)
    await asyncio.Future()


asyncio.run(main())
