"""A model hub and the host of its large files, as real HTTP servers on loopback that misbehave on command."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from support.command_environment import environment

REPOSITORY = "owner/Tiny"
Spoil = Callable[["Request"], bool]
"""Answers in the hub's place when it returns true."""


@dataclass
class Request:
    """One request, and the means to answer it."""

    handler: BaseHTTPRequestHandler
    host: str
    path: str
    name: str
    commit: str

    def answer(self, status: int, body: bytes = b"", **headers: str) -> bool:
        self.handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(body)
        return True


@dataclass
class FakeHub:
    """The state of one repository: commits with their files, and what was asked."""

    address: str = ""
    cdn: str = ""
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branch: str = ""
    card: dict[str, Any] = field(default_factory=lambda: {"license": "apache-2.0"})
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Lies: by name, what the listing says instead (an empty one hides the file)."""
    spoil: Spoil = field(default=lambda request: False)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    """``(hub or cdn, path, Range)`` of each request."""
    tokens: list[tuple[str, str | None]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes of content by file."""

    def push(self, files: dict[str, bytes]) -> str:
        """A new commit on the branch."""
        self.branch = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.commits[self.branch] = files
        return self.branch

    def push_folder(self, root: Path) -> str:
        """The files of a folder as a new commit."""
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        return self.push({path.relative_to(root).as_posix(): path.read_bytes() for path in files})

    def info(self, commit: str) -> dict[str, Any]:
        """The answer of the API, in the form of the public hub."""
        siblings = []
        for name, content in self.commits[commit].items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob(content)}
            if name.endswith(".safetensors"):
                sha256 = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"size": len(content), "sha256": sha256, "pointerSize": 130}
            siblings.append({**entry, **self.listed.get(name, {})})
        return {"id": REPOSITORY, "sha": commit, "cardData": self.card, "siblings": siblings}


def surroundings(state_dir: Path, home: Path) -> dict[str, str]:
    """In which the command may reach this hub: tests of the engine leave one that forbids all connections."""
    home.mkdir(exist_ok=True)
    outside = environment(state_dir, HOME=str(home))
    return {
        name: value
        for name, value in outside.items()
        if not (name.startswith(("HF_", "TRANSFORMERS_")) or name.lower().endswith("_proxy"))
    }


def blob(content: bytes) -> str:
    """git's own hash of a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def running() -> Iterator[FakeHub]:
    """A hub that answers until the block ends."""
    hub = FakeHub()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, host)) for host in ("hub", "cdn")]
    hub.address, hub.cdn = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _handler(hub: FakeHub, host: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append((host, path, self.headers.get("range")))
            hub.tokens.append((host, self.headers.get("authorization")))
            _, _, rest = path.partition("/resolve/")
            commit, _, name = rest.partition("/")
            request = Request(self, host, path, name, commit)
            try:
                if not hub.spoil(request):
                    _answer(hub, request)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def _answer(hub: FakeHub, request: Request) -> bool:
    if request.path.startswith(f"/api/models/{REPOSITORY}"):
        revision = request.path.rpartition("/revision/")[2] if "/revision/" in request.path else "main"
        commit = hub.branch if revision == "main" else revision
        if commit not in hub.commits:
            return request.answer(404, b"{}", X_Error_Code="RevisionNotFound")
        return request.answer(200, json.dumps(hub.info(commit)).encode(), Content_Type="application/json")
    content = hub.commits.get(request.commit, {}).get(request.name)
    if content is None:
        return request.answer(404, b"{}", X_Error_Code="RepoNotFound")
    if request.host == "hub" and request.name.endswith(".safetensors"):
        return request.answer(302, Location=f"{hub.cdn}{request.path}", X_Repo_Commit=request.commit)
    return send(hub, request, content)


def send(hub: FakeHub, request: Request, content: bytes, *, only: int | None = None, slowly: float = 0.0) -> bool:
    """Content from where the request wants it; ``only`` so many bytes of it, then the line breaks."""
    asked = request.handler.headers.get("range")
    begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
    rest = content[begin:]
    request.handler.send_response(206 if asked else 200)
    request.handler.send_header("Content-Length", str(len(rest)))
    request.handler.end_headers()
    rest = rest if only is None else rest[:only]
    for start in range(0, len(rest), 65536):
        piece = rest[start : start + 65536]
        request.handler.wfile.write(piece)
        hub.sent[request.name] = hub.sent.get(request.name, 0) + len(piece)
        if slowly:
            time.sleep(slowly)
    return True
