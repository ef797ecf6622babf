"""A fake service with one guild, one channel and one user in it, and a way to ask it without the client."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.people import User
from support.fake_discord.places import Channel, Guild

ECHO = {
    "name": "echo",
    "description": "Say it again",
    "options": [
        {"type": 3, "name": "text", "description": "What", "autocomplete": True},
        {"type": 11, "name": "file", "description": "With"},
    ],
}
"""A command for the tests that need no client."""


@dataclass(frozen=True)
class Studio:
    """What most tests need."""

    fake: FakeDiscord
    guild: Guild
    channel: Channel
    ada: User

    async def asked(self, **options: Any) -> Interaction:
        """The user sends the command."""
        self.fake.commands.overwrite(None, [ECHO])
        return await self.fake.slash(self.ada, self.channel, "echo", **options)

    @property
    def here(self) -> str:
        """The messages of the channel."""
        return f"/channels/{self.channel.id}/messages"


@dataclass(frozen=True)
class Told:
    """One answer."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int:
        return int(self.body["code"])

    def mistakes(self) -> dict[str, str]:
        """The codes of the mistakes in a form, by their places."""
        found: dict[str, str] = {}

        def look(place: str, errors: dict[str, Any]) -> None:
            for name, inner in errors.items():
                if name == "_errors":
                    found[place] = inner[0]["code"]
                else:
                    look(f"{place}.{name}".removeprefix("."), inner)

        look("", self.body.get("errors", {}))
        return found


class Api:
    """Asks as a client would, without one."""

    def __init__(self, fake: FakeDiscord, session: aiohttp.ClientSession, token: str | None = None) -> None:
        self._fake = fake
        self._session = session
        self._token = token

    def with_token(self, token: str) -> Api:
        """The same with another token than the bot's."""
        return Api(self._fake, self._session, token)

    async def ask(self, method: str, path: str, fields: Any = None, **files: bytes) -> Told:
        """Send fields as JSON, or as a form when there are files. A file is named like ``a_png``."""
        headers = {"Authorization": f"Bot {self._fake.token if self._token is None else self._token}"}
        more: dict[str, Any] = {"json": fields} if fields is not None else {}
        if files:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(fields or {}))
            for index, (name, content) in enumerate(files.items()):
                form.add_field(f"files[{index}]", io.BytesIO(content), filename=".".join(name.rsplit("_", 1)))
            more = {"data": form}
        url = f"{self._fake.api_base}{path}"
        async with self._session.request(method, url, headers=headers, **more) as response:
            raw = await response.read()
            plain = response.headers.get("Content-Type") == "application/json"
            return Told(response.status, json.loads(raw) if plain else raw.decode(), dict(response.headers))

    async def answer(self, asked: Interaction, kind: int, data: Any = None, **files: bytes) -> Told:
        """The first answer to an interaction."""
        path = f"/interactions/{asked.id}/{asked.token}/callback?with_response=true"
        return await self.ask("POST", path, {"type": kind, "data": data or {}}, **files)

    def webhook(self, asked: Interaction, message: str = "") -> str:
        """Where the token of an interaction leads."""
        path = f"/webhooks/{self._fake.application_id}/{asked.token}"
        return f"{path}/messages/{message}" if message else path
