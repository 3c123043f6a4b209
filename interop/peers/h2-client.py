"""The package h2 as a client for RFC 8441: opens an extended CONNECT, prints the agreement, sends messages and a ping,
and checks the answers. A ws:// URL means HTTP/2 with prior knowledge; wss:// negotiates it with ALPN."""

import os
import socket
import ssl
import struct
import zlib
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, RemoteSettingsChanged, ResponseReceived
from h2.events import StreamEnded, StreamReset
from h2.settings import SettingCodes

import options

arguments = options.parse("h2")

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
FIN, COMPRESSED = 0x80, 0x40


class Stream:
    """One extended CONNECT on its own connection."""

    def __init__(self, url):
        secure = url.scheme == "wss"
        self.socket = socket.create_connection((url.hostname, url.port))
        if secure:
            # The server's certificate is made for one run.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
            if self.socket.selected_alpn_protocol() != "h2":
                raise SystemExit("the server speaks no HTTP/2")
        self.connection = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.connection.initiate_connection()
        self.data = bytearray()
        self.end = None
        self.settings = self.response = None
        self.wait_until(lambda: self.settings is not None)
        # RFC 8441, section 3: a client must wait until the server has announced the setting.
        if self.settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL) != 1:
            raise SystemExit("the server takes no extended CONNECT")
        self.id = self.connection.get_next_available_stream_id()
        request = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https" if secure else "http"),
            (":path", url.path),
            (":authority", url.netloc),
            ("sec-websocket-version", "13"),
        ]
        if arguments.subprotocol:
            request.append(("sec-websocket-protocol", ", ".join(arguments.subprotocol)))
        if arguments.deflate:
            request.append(("sec-websocket-extensions", offer()))
        self.connection.send_headers(self.id, request)
        self.wait_until(lambda: self.response is not None)

    def write(self, data):
        while data:
            room = min(self.connection.local_flow_control_window(self.id), self.connection.max_outbound_frame_size)
            if room:
                self.connection.send_data(self.id, data[:room])
                data = data[room:]
            else:
                self.pump()
        self.flush()

    def read(self, size):
        self.wait_until(lambda: len(self.data) >= size)
        data = bytes(self.data[:size])
        del self.data[:size]
        return data

    def wait_until(self, is_so):
        while not is_so():
            self.pump()

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def pump(self):
        self.flush()
        if self.end:
            raise SystemExit(f"{self.end} after {self.response}: {bytes(self.data)!r}")
        received = self.socket.recv(65536)
        if not received:
            raise SystemExit("the server has closed the connection")
        for event in self.connection.receive_data(received):
            if isinstance(event, RemoteSettingsChanged):
                self.settings = {code: change.new_value for code, change in event.changed_settings.items()}
            elif isinstance(event, ResponseReceived):
                self.response = dict(event.headers)
            elif isinstance(event, DataReceived):
                self.data += event.data
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, (ConnectionTerminated, StreamEnded, StreamReset)):
                self.end = event
        self.flush()


class Frames:
    """Frames on a stream: only whole messages, masked as a client must."""

    def __init__(self, stream, deflate):
        self.stream = stream
        self.agreed = deflate
        if deflate is not None:
            self.deflate = self.compressor()
            # This inflates every window of the server, with or without context takeover.
            self.inflate = zlib.decompressobj(wbits=-15)

    def compressor(self):
        return zlib.compressobj(wbits=-int(self.agreed.get("client_max_window_bits", 15)))

    def send(self, opcode, payload):
        first = FIN | opcode
        if self.agreed is not None and opcode in (TEXT, BINARY):
            first |= COMPRESSED
            payload = (self.deflate.compress(payload) + self.deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
            if "client_no_context_takeover" in self.agreed:
                self.deflate = self.compressor()
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.stream.write(bytes([first]) + length + mask + masked)

    def receive(self):
        first, size = self.stream.read(2)
        if size == 126:
            (size,) = struct.unpack(">H", self.stream.read(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.stream.read(8))
        payload = self.stream.read(size)
        if first & COMPRESSED:
            payload = self.inflate.decompress(payload + b"\x00\x00\xff\xff")
        return first & 0xF, payload


def offer():
    """Returns the offer of permessage-deflate. Without a window, the server may choose that of the client."""
    window = arguments.client_window
    parts = ["permessage-deflate", f"client_max_window_bits={window}" if window else "client_max_window_bits"]
    if arguments.server_window:
        parts.append(f"server_max_window_bits={arguments.server_window}")
    if arguments.no_server_context:
        parts.append("server_no_context_takeover")
    if arguments.no_client_context:
        parts.append("client_no_context_takeover")
    return "; ".join(parts)


def agreed_parameters(extensions):
    """Returns the parameters of permessage-deflate, or None if it was not agreed."""
    name, *parameters = [part.strip() for part in extensions.split(";")]
    if name != "permessage-deflate":
        return None
    return {name: value for name, _, value in (parameter.partition("=") for parameter in parameters)}


def main():
    stream = Stream(urlsplit(arguments.url))
    status, extensions = stream.response[":status"], stream.response.get("sec-websocket-extensions", "")
    print(f"status: {status}")
    if status != "200":
        raise SystemExit(f"refused: {stream.response}")
    for name in ("connection", "upgrade", "transfer-encoding"):
        if name in stream.response:
            raise SystemExit(f"{name} is no field of HTTP/2")
    if extensions:
        print(f"extensions: {extensions}")
    if subprotocol := stream.response.get("sec-websocket-protocol"):
        print(f"subprotocol: {subprotocol}")
    frames = Frames(stream, agreed_parameters(extensions))
    message = arguments.message.encode()
    for place, opcode in enumerate((TEXT, BINARY, TEXT)):
        frames.send(opcode, message)
        if frames.receive() != (opcode, message):
            raise SystemExit(f"message {place} came back changed")
    frames.send(PING, b"still there?")
    if frames.receive() != (PONG, b"still there?"):
        raise SystemExit("no pong to a ping")
    print("echoed: 3")
    frames.send(CLOSE, struct.pack(">H", 1000))
    if frames.receive()[0] != CLOSE:
        raise SystemExit("no goodbye to a goodbye")


main()
