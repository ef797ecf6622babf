"""The hub's client library with its side paths closed: no telemetry, no token it finds by itself, no other transfer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

_SET = (
    "HF_HUB_DISABLE_TELEMETRY",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    "HF_HUB_DISABLE_XET",
    "HF_HUB_DISABLE_PROGRESS_BARS",
    "HF_HUB_DISABLE_UPDATE_CHECK",
)
_UNSET = ("HF_DEBUG", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_ENABLE_HF_TRANSFER", "HF_HUB_USER_AGENT_ORIGIN")
MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Of a listing or an error; a listing of ten thousand files has about 3 MB."""
QUIET_SECONDS = 30.0
"""A hub that sends nothing for so long is given up for this try."""
MAX_ANSWER_SECONDS = 120.0
"""For a whole listing, however slowly it drips in."""
FILE = "x-mezzotint-file"
"""Marks a request whose answer is a file and no listing."""


class TooLongError(Exception):
    """The hub's answer does not end."""


class MovedError(Exception):
    """The hub answers a question with another address."""


def prepare() -> None:
    """Read by the library when it is imported, so before anything imports it."""
    os.environ.update(dict.fromkeys(_SET, "1"))
    for name in _UNSET:
        os.environ.pop(name, None)


def client() -> Any:
    """A connection to whatever host is asked; follows no redirect by itself. The library uses it too."""
    import logging

    import httpx2
    import huggingface_hub
    from huggingface_hub import constants

    # Should the library have been imported before: to tell who asks, it would first ask the hub what to tell.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    # Its warnings quote the hub; what the operator has to know, our own errors say.
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)

    def build() -> httpx2.Client:
        return httpx2.Client(timeout=QUIET_SECONDS, event_hooks={"response": [_bounded]})

    huggingface_hub.set_client_factory(build)
    return huggingface_hub.get_session()


def _bounded(response: Any) -> None:
    """Answers of the hub are held in memory, so that they must end. Files are streamed and counted elsewhere."""
    if FILE not in response.request.extensions:
        if response.is_redirect:
            raise MovedError
        import httpx2

        class Bounded(httpx2.SyncByteStream):
            def __init__(self, inner: Any) -> None:
                self._inner = inner

            def __iter__(self) -> Iterator[bytes]:
                count, deadline = 0, time.monotonic() + MAX_ANSWER_SECONDS
                for chunk in self._inner:
                    count += len(chunk)
                    if count > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                        raise TooLongError
                    yield chunk

            def close(self) -> None:
                self._inner.close()

        response.stream = Bounded(response.stream)
