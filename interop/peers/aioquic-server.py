"""aioquic with wsproto as a server for RFC 9220: sends one text message if there is one, then echoes. It also
answers /health. To its standard error it writes how WebSockets and streams end."""

import asyncio
import socket
import sys

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, StopSendingReceived, StreamReset
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate

import options

arguments = options.parse("aioquic", "--certificate")


class Socket:
    """A WebSocket on a stream."""

    def __init__(self, http, stream, fields):
        self.http, self.stream = http, stream
        answer = [(b":status", b"200")]
        offered = [name.strip() for name in fields.get("sec-websocket-protocol", "").split(",")]
        if subprotocol := next((name for name in arguments.subprotocol or () if name in offered), None):
            answer.append((b"sec-websocket-protocol", subprotocol.encode()))
        extensions = []
        # It takes the first offer if that is one of permessage-deflate.
        offer = fields.get("sec-websocket-extensions", "").split(",")[0].strip()
        if arguments.deflate and offer.split(";")[0].strip() == PerMessageDeflate.name:
            deflate = PerMessageDeflate()
            accepted = "; ".join(filter(None, [deflate.name, deflate.accept(offer)]))
            answer.append((b"sec-websocket-extensions", accepted.encode()))
            extensions.append(deflate)
        http.send_headers(stream, answer)
        self.frames = Connection(ConnectionType.SERVER, extensions)
        self.parts = []
        if arguments.message:
            self.send(TextMessage(arguments.message))

    def send(self, event, end_stream=False):
        self.http.send_data(self.stream, self.frames.send(event), end_stream)

    def receive(self, data):
        if self.frames.state is ConnectionState.CLOSED:
            # RFC 6455, section 1.4: what follows the goodbye is discarded.
            return
        self.frames.receive_data(data)
        for event in self.frames.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                self.parts.append(event.data)
                if event.message_finished:
                    self.send(type(event)(type(event.data)().join(self.parts)))
                    self.parts.clear()
            elif isinstance(event, Ping):
                self.send(event.response())
            elif isinstance(event, CloseConnection):
                say(f"closed: {event.code}")
                self.send(event.response(), end_stream=True)


class Server(QuicConnectionProtocol):
    """A connection."""

    http = None

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
            self.sockets = {}
        if self.http is None:
            return
        if isinstance(event, (StopSendingReceived, StreamReset)):
            say(f"{type(event).__name__}: {event.error_code:#x}")
        for http_event in self.http.handle_event(event):
            if isinstance(http_event, HeadersReceived):
                fields = {name.decode(): value.decode() for name, value in http_event.headers}
                self.answer(http_event.stream_id, fields)
            elif isinstance(http_event, DataReceived) and http_event.data:
                self.sockets[http_event.stream_id].receive(http_event.data)
            if isinstance(http_event, (HeadersReceived, DataReceived)) and http_event.stream_ended:
                say("ended")
        self.transmit()

    def answer(self, stream, fields):
        if fields.get(":protocol") != "websocket":
            status, text = (b"200", b"healthy\n") if fields[":path"] == "/health" else (b"404", b"")
        elif arguments.refuse:
            status, text = b"403", b"Not you.\n"
        else:
            self.sockets[stream] = Socket(self.http, stream, fields)
            return
        self.http.send_headers(stream, [(b":status", status)])
        self.http.send_data(stream, text, end_stream=True)


def say(line):
    print(line, file=sys.stderr, flush=True)


async def main():
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, is_client=False)
    configuration.load_cert_chain(arguments.certificate, arguments.certificate)
    # The socket is made here, so that its port is known.
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    endpoint.bind(("127.0.0.1", 0))
    protocol = lambda: QuicServer(configuration=configuration, create_protocol=Server)
    await asyncio.get_running_loop().create_datagram_endpoint(protocol, sock=endpoint)
    print(f"listening on wss://127.0.0.1:{endpoint.getsockname()[1]}/", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
