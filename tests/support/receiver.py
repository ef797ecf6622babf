"""Somebody who is told: a real HTTP server on loopback that checks what comes, and misbehaves on command."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OLD_KEY = bytes(range(32, 64))
OLD_SECRET = "whsec_" + base64.b64encode(OLD_KEY).decode()


@dataclass
class Message:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, key: bytes) -> bool:
        """As a receiver would check it who has only read the specification."""
        said = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        versions = [each.split(",", 1) for each in self.headers["webhook-signature"].split(" ")]
        assert all(version == "v1" for version, _ in versions)
        return any(hmac.compare_digest(each, wanted) for _, each in versions)


Spoil = Callable[[BaseHTTPRequestHandler, Message], bool]
"""Answers in the receiver's place when it returns true."""


@dataclass
class Receiver:
    """What came, in order; what is answered."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    connections: int = 0
    spoil: Spoil = field(default=lambda handler, message: False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.host}{path}"

    def ids(self) -> list[str]:
        return [message.id for message in self.messages]


def answering(status: int, body: bytes = b"", **headers: str) -> Spoil:
    """Always this."""

    def answer(handler: BaseHTTPRequestHandler, message: Message) -> bool:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        return True

    return answer


def endless(handler: BaseHTTPRequestHandler, message: Message) -> bool:
    """200, and a text without end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b"x" * 65_536)
    return True


def dripping(handler: BaseHTTPRequestHandler, message: Message) -> bool:
    """A header line without end, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(1_000):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)
    return True


def cut(handler: BaseHTTPRequestHandler, message: Message) -> bool:
    """The line breaks before anything is answered."""
    handler.connection.shutdown(2)
    return True


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of loopback that answers 204 until it is told otherwise."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            receiver.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.messages.append(message)
            self.close_connection = True
            try:
                if not receiver.spoil(self, message):
                    answering(204)(self, message)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def certificate(directory: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for a name, signed by itself, and the context of a server that shows it."""
    directory.mkdir(parents=True, exist_ok=True)
    own, key = directory / "certificate.pem", directory / "key.pem"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*make, "-days", "2", *subject, "-keyout", key, "-out", own], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    return own, context


def credentials(directory: Path, **secrets: str) -> Path:
    """A directory of credentials; underscores stand for dashes."""
    directory.mkdir(mode=0o700, exist_ok=True)
    for name, secret in (secrets or {"webhook_secret": SECRET}).items():
        path = directory / name.replace("_", "-")
        path.write_text(secret)
        path.chmod(0o600)
    return directory
