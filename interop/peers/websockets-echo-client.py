"""Python websockets as a client: echoes until the server closes."""

import asyncio

from websockets.asyncio.client import connect

import echo_offer as offer


async def main():
    client = connect(
        offer.url,
        subprotocols=offer.subprotocols or None,
        compression="deflate" if offer.deflate else None,
        proxy=None,
        open_timeout=offer.timeout,
    )
    async with client as socket:
        async for message in socket:
            await socket.send(message)


asyncio.run(main())
