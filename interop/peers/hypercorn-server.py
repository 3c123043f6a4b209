"""hypercorn as a server for HTTP/1.1 and HTTP/2, or for HTTP/3: sends one text message if there is one, then echoes. It
also answers /health."""

import asyncio
import socket

from hypercorn.asyncio import serve
from hypercorn.config import Config

import options

arguments = options.parse("hypercorn", "--certificate")


async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await (refuse if arguments.refuse else echo)(scope["subprotocols"], receive, send)
    elif scope["type"] == "http":
        status = 200 if scope["path"] == "/health" else 404
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        while (event := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{event['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})


async def echo(offered, receive, send):
    supported = arguments.subprotocol or ()
    await receive()
    subprotocol = next((name for name in supported if name in offered), None)
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    if arguments.message:
        await send({"type": "websocket.send", "text": arguments.message})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})


async def refuse(_offered, receive, send):
    await receive()
    await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b"Not you.\n"})


async def main():
    # The socket is made here, so that its port is known.
    if arguments.http3:
        listener = socket.socket(type=socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 0))
    else:
        listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    bound = [f"fd://{listener.fileno()}"]
    config.bind, config.quic_bind = ([], bound) if arguments.http3 else (bound, [])
    config.certfile = config.keyfile = arguments.certificate
    config.loglevel = "WARNING"
    scheme = "wss" if arguments.certificate else "ws"
    print(f"listening on {scheme}://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    await serve(application, config, shutdown_trigger=asyncio.Event().wait)


asyncio.run(main())
