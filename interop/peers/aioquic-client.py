"""aioquic as a client for RFC 9220: opens an extended CONNECT, prints the agreement, sends messages and a ping, checks
the answers, and ends the stream in order."""

import socket
import ssl
import time
from urllib.parse import urlsplit

from aioquic.h3.connection import H3_ALPN, ErrorCode, H3Connection, Setting
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, StopSendingReceived, StreamReset

import extended_connect
import options

arguments = options.parse("aioquic")


class Stream:
    """One extended CONNECT on its own connection."""

    def __init__(self, url):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = (url.hostname, url.port)
        # The server's certificate is made for one run.
        configuration = QuicConfiguration(alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE, server_name="localhost")
        self.quic = QuicConnection(configuration=configuration)
        self.quic.connect(self.address, now=time.monotonic())
        self.http = H3Connection(self.quic)
        self.data = bytearray()
        self.response = None
        self.has_ended = self.was_stopped = False
        # RFC 9220, section 3, and RFC 8441: a client must wait until the server has announced the setting.
        self.wait_until(lambda: self.http.received_settings is not None)
        if self.http.received_settings.get(Setting.ENABLE_CONNECT_PROTOCOL) != 1:
            raise SystemExit("the server takes no extended CONNECT")
        self.id = self.quic.get_next_available_stream_id()
        fields = extended_connect.request(arguments, url)
        if arguments.same_origin or arguments.other_origin:
            host = "other.test" if arguments.other_origin else url.netloc
            fields.append(("origin", f"https://{host}"))
        self.http.send_headers(self.id, [(name.encode(), value.encode()) for name, value in fields])
        self.wait_until(lambda: self.response is not None)

    def write(self, data):
        self.http.send_data(self.id, data, end_stream=False)
        self.flush()

    def read(self, size):
        self.wait_until(lambda: len(self.data) >= size)
        data = bytes(self.data[:size])
        del self.data[:size]
        return data

    def end(self):
        """Ends the stream, waits until the server has done so too, and then closes the connection."""
        # RFC 9114, section 4.1: a server may have stopped the client after a complete response.
        if not self.was_stopped:
            self.http.send_data(self.id, b"", end_stream=True)
            self.flush()
        while not self.has_ended:
            self.pump()
        if self.data:
            raise SystemExit(f"{len(self.data)} bytes after the goodbye")
        self.quic.close(ErrorCode.H3_NO_ERROR)
        self.flush()

    def wait_until(self, is_so):
        while not is_so():
            if self.has_ended:
                raise SystemExit(f"the stream has ended after {self.response}: {bytes(self.data)!r}")
            self.pump()

    def flush(self):
        for data, address in self.quic.datagrams_to_send(now=time.monotonic()):
            self.socket.sendto(data, address)

    def pump(self):
        self.flush()
        timer = self.quic.get_timer()
        self.socket.settimeout(max(timer - time.monotonic(), 0.001) if timer else None)
        try:
            self.quic.receive_datagram(*self.socket.recvfrom(65536), now=time.monotonic())
        except TimeoutError:
            self.quic.handle_timer(now=time.monotonic())
        while (event := self.quic.next_event()) is not None:
            if isinstance(event, (ConnectionTerminated, StreamReset)):
                raise SystemExit(f"{event} after {self.response}")
            if isinstance(event, StopSendingReceived):
                self.was_stopped = True
            for event in self.http.handle_event(event):
                if isinstance(event, HeadersReceived):
                    self.response = {name.decode(): value.decode() for name, value in event.headers}
                elif isinstance(event, DataReceived):
                    self.data += event.data
                self.has_ended |= event.stream_ended
        self.flush()


def main():
    stream = Stream(urlsplit(arguments.url))
    if stream.response[":status"] == "403":
        print("refused: 403")
        return
    frames = extended_connect.agree(stream, stream.response)
    extended_connect.exchange(frames, arguments.message.encode())
    stream.end()


main()
