"""
A Discord of its own on loopback, for the real client.

It speaks version 10 of the HTTP API and of the gateway, refuses what the service refuses with the service's own
codes, and has a clock of its own. A test makes guilds and users, lets the users act, and looks at what they see::

    async with FakeDiscord() as fake:
        guild = fake.guild("studio")
        channel, ada = fake.channel(guild), fake.user("ada", guild)
        ... start the client with fake.api_base and fake.token ...
        asked = await fake.slash(ada, channel, "imagine", prompt="a fox")
        message = await asked.message()
        fake.assert_no_surprises()
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any

from aiohttp import web
from support.fake_discord import permissions, routes_account, routes_channels, routes_interactions
from support.fake_discord.acts import Acts
from support.fake_discord.core import new_token
from support.fake_discord.faults import Fault
from support.fake_discord.messages import Message
from support.fake_discord.people import Member, Role, User
from support.fake_discord.places import Channel, Guild
from support.fake_discord.server import PREFIX, Exchange, Server
from support.fake_discord.sessions import GUILDS
from support.waiting import until

MOST_BODY_BYTES = 512 << 20


class FakeDiscord(Acts):
    """The service, its users, and everything a test may do to them."""

    def __init__(self, *, bot: str = "mezzotint", ahead: float = 0.0) -> None:
        super().__init__(bot=bot, ahead=ahead)
        self.requests: list[Exchange] = []
        """Every request with its answer, in the order of the answers."""
        self.surprises: list[str] = []
        """Requests that there is no route for, and failures of the fake itself."""
        self.followups_that_edited = 0
        """Follow-ups that filled a waiting message, as the service no longer wants it."""
        self._runner: web.AppRunner | None = None
        self._outage: Fault | None = None

    async def __aenter__(self) -> FakeDiscord:
        application = web.Application(client_max_size=MOST_BODY_BYTES)
        server = Server(self, [*routes_account.routes(), *routes_channels.routes(), *routes_interactions.routes()])
        application.router.add_get("/gateway/", self.gateway.serve)
        application.router.add_get("/resume/", self.gateway.serve)
        for folder in ("attachments", "ephemeral-attachments"):
            application.router.add_get(f"/{folder}/{{channel}}/{{number}}/{{name}}", self.files.serve)
        application.router.add_route("*", "/{path:.*}", server.serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.files.base = f"http://{host}:{port}"
        self.api_base = f"{self.files.base}{PREFIX}"
        self.gateway_url = f"ws://{host}:{port}/gateway/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.gateway.drop()
        assert self._runner is not None
        await self._runner.cleanup()

    def guild(self, name: str = "studio", *, with_bot: bool = True, **more: Any) -> Guild:
        """A new guild of the operator's, with the bot in it unless it was not invited; it is told to the client."""
        made = self.world.guild(name, self.owner, permissions.USUAL)
        for field, value in more.items():
            setattr(made, field, value)
        if with_bot:
            self.invite_bot(made)
        return made

    def invite_bot(self, guild: Guild) -> None:
        """The bot joins."""
        self.world.join(self.bot, guild)
        self.tell_guild(guild)

    def remove_bot(self, guild: Guild) -> None:
        """The bot is thrown out."""
        del guild.members[self.bot.id]
        self.gateway.dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild_id=guild.id, intent=GUILDS)

    def lose_guild(self, guild: Guild) -> None:
        """An outage: the guild cannot be reached through the gateway."""
        guild.available = False
        told = {"id": str(guild.id), "unavailable": True}
        self.gateway.dispatch("GUILD_DELETE", told, guild_id=guild.id, intent=GUILDS)

    def find_guild(self, guild: Guild) -> None:
        """The outage is over."""
        guild.available = True
        self.tell_guild(guild)

    def user(self, name: str, *guilds: Guild, locale: str = "en-US") -> User:
        """Somebody new, a member of these guilds."""
        made = self.world.user(name, locale=locale)
        for guild in guilds:
            self.world.join(made, guild)
        return made

    def role(self, guild: Guild, name: str, *held: str, mentionable: bool = False) -> Role:
        made = self.world.role(guild, name, permissions.bits(*held), mentionable=mentionable)
        told = {"guild_id": str(guild.id), "role": made.payload()}
        self.gateway.dispatch("GUILD_ROLE_CREATE", told, guild_id=guild.id, intent=GUILDS)
        return made

    def give(self, user: User, guild: Guild, role: Role) -> Member:
        """A member gets a role."""
        member = guild.members[user.id]
        member.roles.append(role)
        return member

    def channel(self, guild: Guild, name: str = "general", *, nsfw: bool = False) -> Channel:
        made = self.world.channel(guild, name, nsfw=nsfw)
        self.gateway.dispatch("CHANNEL_CREATE", made.payload(), guild_id=guild.id, intent=GUILDS)
        return made

    def changed(self, channel: Channel) -> None:
        """Tell the client that a channel is not what it was, after its fields or permissions were set."""
        assert channel.guild is not None
        self.gateway.dispatch("CHANNEL_UPDATE", channel.payload(), guild_id=channel.guild.id, intent=GUILDS)

    def close_channel(self, channel: Channel) -> None:
        """Delete a channel with all that is in it."""
        assert channel.guild is not None
        del self.world.channels[channel.id], channel.guild.channels[channel.id]
        self.gateway.dispatch("CHANNEL_DELETE", channel.payload(), guild_id=channel.guild.id, intent=GUILDS)

    def direct(self, user: User) -> Channel:
        """The direct messages of a user and the bot."""
        return self.world.direct(user, self.bot)

    def messages(self, channel: Channel, seen_by: User | None = None) -> list[Message]:
        """What is in a channel for everybody, or for one user with what only they see. Oldest first."""
        return [each for each in self.world.within(channel) if each.seen_only_by in (None, seen_by)]

    def pings(self, user: User) -> list[Message]:
        """The messages that have notified a user."""
        return [each for each in self.world.messages.values() if user in each.pings]

    def refused(self, *codes: int) -> list[Exchange]:
        """The requests that were answered with one of these codes; without codes, all that were refused."""
        bad = [each for each in self.requests if each.status >= 400]
        return [each for each in bad if each.code in codes] if codes else bad

    def asked(self, route: str) -> list[Exchange]:
        """The requests of a route, as ``METHOD /path`` with ``*`` for anything."""
        return [each for each in self.requests if fnmatchcase(each.asked, route)]

    async def revoke_token(self) -> str:
        """The operator resets the token: the old one is worth nothing from now on. The new one is returned."""
        self.token = new_token()
        await self.gateway.drop(4004)
        return self.token

    async def connected(self, seconds: float = 20.0) -> None:
        """Wait until a client is online and has registered its commands."""
        await until(lambda: self.gateway.online and self.commands.listed(), "no client came", seconds)

    async def go_down(self) -> None:
        """An outage: every request is answered with 503, and there is no gateway."""
        self._outage = self.faults.server_error("*", 503, times=None)
        self.gateway.faults.refuse_connections(1_000_000)
        await self.gateway.drop()

    def come_back(self) -> None:
        """The outage is over."""
        assert self._outage is not None, "there was no outage"
        self.faults.every.remove(self._outage)
        self.gateway.faults.refuse_connections(0)

    def assert_no_surprises(self, *tolerated: int) -> None:
        """
        Fail when the client asked for what does not exist, broke the protocol, or sent what the API cannot take.

        ``tolerated`` are codes that this test expects, such as 50035.
        """
        wrong = [*self.surprises, *(f"gateway: {each}" for each in self.gateway.violations)]
        for each in self.refused(50035, 50109, 50006, 40060, 30015, 30032):
            if each.code not in tolerated:
                wrong.append(f"{each.asked} -> {each.status} {each.said}\n    sent: {each.fields}")
        assert not wrong, "\n".join(wrong)
