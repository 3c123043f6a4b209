"""uvicorn as a server: echoes."""

import asyncio
import socket

import uvicorn

import options

arguments = options.parse("uvicorn")


async def application(scope, receive, send):
    if scope["type"] != "websocket":
        return
    supported = arguments.subprotocol or ()
    await receive()
    subprotocol = next((name for name in supported if name in scope["subprotocols"]), None)
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})


async def main():
    # The socket is made here, so that its port is known.
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening on ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    config = uvicorn.Config(application, lifespan="off", log_level="warning")
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
