"""aiohttp as a client: prints the agreement, then sends messages and checks the echoes."""

import asyncio

from aiohttp import ClientSession, TraceConfig, WSMsgType

import options

arguments = options.parse("aiohttp")

# The largest window. With it, aiohttp does not limit the window of the server.
LARGEST = 15


async def show(_session, _context, request):
    print(f"status: {request.response.status}")
    if extensions := request.response.headers.get("Sec-WebSocket-Extensions"):
        print(f"extensions: {extensions}")


async def main():
    compress = (arguments.server_window or LARGEST) if arguments.deflate else 0
    trace = TraceConfig()
    trace.on_request_end.append(show)
    client = ClientSession(trace_configs=[trace])
    protocols = arguments.subprotocol or ()
    async with client, client.ws_connect(arguments.url, protocols=protocols, compress=compress) as socket:
        if socket.protocol:
            print(f"subprotocol: {socket.protocol}")
        messages = [arguments.message, arguments.message.encode(), arguments.message]
        for place, message in enumerate(messages):
            if isinstance(message, str):
                await socket.send_str(message)
                wanted = WSMsgType.TEXT
            else:
                await socket.send_bytes(message)
                wanted = WSMsgType.BINARY
            received = await socket.receive()
            if received.type != wanted or received.data != message:
                raise SystemExit(f"message {place} came back changed")
        print(f"echoed: {len(messages)}")


asyncio.run(main())
