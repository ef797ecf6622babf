"""Another root of the API than Discord's own, for one client and without a change to the library.

Everything that a client sends goes through the one session of its ``HTTPClient``: the requests of the bot, the
answers to interactions (which pass the session on), and the gateway. So the address is changed there.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

SESSION = "_HTTPClient__session"
"""Where the library keeps the session; interactions and webhooks read it from there as well."""


class MovedSession:
    """A session whose requests to Discord's API go to another root."""

    def __init__(self, session: aiohttp.ClientSession, api_base: str) -> None:
        self._session = session
        self._api_base = api_base

    def request(self, method: str, url: str, **more: Any) -> Any:
        """As the session's own."""
        rest = url.removeprefix(Route.BASE)
        return self._session.request(method, url if rest == url else f"{self._api_base}{rest}", **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class MovedHTTP(HTTPClient):
    """Asks another root, and connects to the gateway that this root names."""

    def __init__(self, api_base: str, **more: Any) -> None:
        super().__init__(**more)
        self._api_base = api_base

    async def request(self, route: Route, **more: Any) -> Any:
        """As the library's own."""
        session = getattr(self, SESSION)
        if not isinstance(session, MovedSession):
            setattr(self, SESSION, MovedSession(session, self._api_base))
        return await super().request(route, **more)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """The gateway that the root names, in the place of the library's."""
        wanted = yarl.URL(url)
        if wanted.host == DiscordWebSocket.DEFAULT_GATEWAY.host:
            _, named, _ = await self.get_bot_gateway()
            wanted = yarl.URL(named).with_query(wanted.query)
        return await super().ws_connect(str(wanted), compress=compress)


def point(client: discord.Client, api_base: str) -> None:
    """Send a client that has not logged in yet to another root of the API, version included."""
    if api_base == Route.BASE:
        return
    was = client.http
    moved = MovedHTTP(api_base, loop=was.loop, max_ratelimit_timeout=was.max_ratelimit_timeout)
    client.http = client._connection.http = moved
