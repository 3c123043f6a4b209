"""aiohttp as a client: echoes until the server closes."""

import asyncio

from aiohttp import ClientSession, ClientTimeout, WSMsgType

import echo_offer as offer

# The largest window. With it, aiohttp does not limit the window of the server.
LARGEST = 15


async def main():
    compress = LARGEST if offer.deflate else 0
    async with (
        ClientSession(timeout=ClientTimeout(total=offer.timeout)) as client,
        client.ws_connect(offer.url, protocols=offer.subprotocols, compress=compress) as socket,
    ):
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await socket.send_bytes(message.data)


asyncio.run(main())
