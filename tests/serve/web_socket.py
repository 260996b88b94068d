"""A WebSocket client of the standard library alone, that can also do what a client should not."""
import base64
import contextlib
import json
import os
import socket
import struct

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class WebSocket:
    def __init__(self, port, path="/v1/jam", timeout=30, **headers):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.closed = None  # (code, reason) of the other side
        fields = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade",
                  "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Version": "13",
                  **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n".encode() +
                            "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode() + b"\r\n")
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        status = int(self.head.split(" ", 2)[1])
        if status != 101:
            length = next((int(line.split(":")[1]) for line in self.head.lower().split("\r\n")
                           if line.startswith("content-length:")), 0)
            while len(self.rest) < length:
                self._more()
            self.socket.close()
            raise Refused(status, self.rest[:length].decode())

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server closed the connection")
        self.rest += data

    def _take(self, count):
        while len(self.rest) < count:
            self._more()
        data, self.rest = self.rest[:count], self.rest[count:]
        return data

    def frame(self, opcode, data, final=True, masked=True):
        head = bytes([(0x80 if final else 0) | opcode])
        mask_bit = 0x80 if masked else 0
        if len(data) < 126:
            head += bytes([mask_bit | len(data)])
        elif len(data) < 65536:
            head += bytes([mask_bit | 126]) + struct.pack(">H", len(data))
        else:
            head += bytes([mask_bit | 127]) + struct.pack(">Q", len(data))
        if masked:
            mask = os.urandom(4)
            data = mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.socket.sendall(head + data)

    def send(self, message):
        self.frame(TEXT, message.encode() if isinstance(message, str) else json.dumps(message).encode())

    def receive(self):
        """The next message, parsed; None when the other side has closed."""
        text = b""
        while True:
            first, second = self._take(2)
            length = second & 0x7f
            if length == 126:
                length = struct.unpack(">H", self._take(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._take(8))[0]
            data = self._take(length)
            opcode = first & 0x0f
            if opcode in (CONTINUED, TEXT):
                text += data
                if first & 0x80:
                    return json.loads(text)
            if opcode == PING:
                self.frame(PONG, data)
            if opcode == CLOSE:
                self.closed = (struct.unpack(">H", data[:2])[0], data[2:].decode()) if data else (1005, "")
                with contextlib.suppress(OSError):
                    self.frame(CLOSE, data[:2])
                return None

    def until(self, kind):
        """All messages up to one of that type."""
        seen = []
        while (message := self.receive()) is not None:
            seen.append(message)
            if message["type"] == kind:
                return seen
        raise AssertionError(f"closed before {kind}: {self.closed}, {seen[-1:]}")

    def to_the_end(self):
        seen = []
        while (message := self.receive()) is not None:
            seen.append(message)
        return seen

    def kill(self):
        """Without a word, as a client that crashes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
