"""The package h2 as a client for RFC 8441: opens an extended CONNECT, prints the agreement, sends messages and a ping,
and checks the answers. A ws:// URL means HTTP/2 with prior knowledge; wss:// negotiates it with ALPN."""

import socket
import ssl
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, RemoteSettingsChanged, ResponseReceived
from h2.events import StreamEnded, StreamReset
from h2.settings import SettingCodes

import extended_connect
import options

arguments = options.parse("h2")


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
        self.connection.send_headers(self.id, extended_connect.request(arguments, url))
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


def main():
    stream = Stream(urlsplit(arguments.url))
    frames = extended_connect.agree(stream, stream.response)
    extended_connect.exchange(frames, arguments.message.encode())


main()
