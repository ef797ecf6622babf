"""Where files are fetched from: signed addresses that are good for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from aiohttp import web
from support.fake_discord.clock import Clock
from support.fake_discord.uploads import Attachment

LINK_SECONDS = 86_400


class Files:
    """Every file by its address."""

    def __init__(self, clock: Clock, find: Callable[[int], Attachment | None]) -> None:
        self.base = ""
        self.fetched: list[int] = []
        """The ids of the files that were fetched."""
        self._clock = clock
        self._find = find

    def address(self, folder: str, channel_id: int, number: int, name: str) -> str:
        """Where a file is from now on; ``folder`` is ``attachments`` or ``ephemeral-attachments``."""
        end = int(self._clock.now()) + LINK_SECONDS
        path = f"/{folder}/{channel_id}/{number}/{name}"
        return f"{self.base}{path}?ex={end:x}&is={end - LINK_SECONDS:x}&hm={_sign(path, f'{end:x}')}&"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One file, unless the link has expired or was tampered with."""
        end = request.query.get("ex", "")
        if request.query.get("hm") != _sign(request.path, end) or int(end, 16) < self._clock.now():
            return web.Response(status=404, text="This content is no longer available.")
        found = self._find(int(request.match_info["number"]))
        if found is None:
            return web.Response(status=404, text="This content is no longer available.")
        self.fetched.append(found.id)
        return web.Response(body=found.content, content_type=found.kind)


def _sign(path: str, end: str) -> str:
    return hashlib.sha256(f"{path}|{end}".encode()).hexdigest()
