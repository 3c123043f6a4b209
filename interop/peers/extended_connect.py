"""What the clients for extended CONNECT have in common, over HTTP/2 (RFC 8441) and HTTP/3 (RFC 9220): the request, the
agreement that they print, and frames on a stream that has `write(bytes)` and `read(size)`."""

import os
import struct
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
FIN, COMPRESSED = 0x80, 0x40

NORMAL = 1000


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
        if size < 126:
            length = bytes([0x80 | size])
        else:
            length = b"\xfe" + struct.pack(">H", size) if size < 65536 else b"\xff" + struct.pack(">Q", size)
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


def request(arguments, url):
    """Returns the fields of the request."""
    fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https" if url.scheme == "wss" else "http"),
        (":path", url.path),
        (":authority", url.netloc),
        ("sec-websocket-version", "13"),
    ]
    if arguments.subprotocol:
        fields.append(("sec-websocket-protocol", ", ".join(arguments.subprotocol)))
    if arguments.deflate:
        fields.append(("sec-websocket-extensions", offer(arguments)))
    return fields


def offer(arguments):
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


def agree(stream, response):
    """Prints the agreement of a response, and returns the frames of the stream."""
    status, extensions = response[":status"], response.get("sec-websocket-extensions", "")
    print(f"status: {status}")
    if status != "200":
        raise SystemExit(f"refused: {response}")
    for name in ("connection", "upgrade", "transfer-encoding"):
        if name in response:
            raise SystemExit(f"{name} is no field of this version of HTTP")
    if extensions:
        print(f"extensions: {extensions}")
    if subprotocol := response.get("sec-websocket-protocol"):
        print(f"subprotocol: {subprotocol}")
    return Frames(stream, agreed_parameters(extensions))


def exchange(frames, message):
    """Sends messages and a ping, checks the answers, and says goodbye."""
    for place, opcode in enumerate((TEXT, BINARY, TEXT)):
        frames.send(opcode, message)
        if frames.receive() != (opcode, message):
            raise SystemExit(f"message {place} came back changed")
    frames.send(PING, b"still there?")
    if frames.receive() != (PONG, b"still there?"):
        raise SystemExit("no pong to a ping")
    print("echoed: 3")
    frames.send(CLOSE, struct.pack(">H", NORMAL))
    opcode, payload = frames.receive()
    if opcode != CLOSE:
        raise SystemExit("no goodbye to a goodbye")
    print(f"closed: {int.from_bytes(payload[:2])}")
