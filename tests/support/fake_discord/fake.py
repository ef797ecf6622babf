"""
A Discord of its own on loopback, for the real client.

It speaks version 10 of the HTTP API and of the gateway, refuses what the service refuses with the service's own
codes, and has a clock of its own. A test makes guilds and users, lets the users act, and looks at what they see::

    async with FakeDiscord() as fake:
        guild = fake.guild("studio")
        channel, ada = guild_channel(...), fake.user("ada", guild)
        ... start the client with fake.api_base and fake.token ...
        asked = await fake.slash(ada, channel, "imagine", prompt="a fox")
        message = await asked.message()
        fake.assert_no_surprises()
"""

from __future__ import annotations

import secrets
from types import TracebackType
from typing import Any

from aiohttp import web
from support.fake_discord import permissions, routes_account, routes_channels, routes_interactions
from support.fake_discord.acts import Acts
from support.fake_discord.clock import Clock, Snowflakes
from support.fake_discord.commands import Commands
from support.fake_discord.faults import Faults
from support.fake_discord.files import Files
from support.fake_discord.gateway import Gateway
from support.fake_discord.interactions import Interactions
from support.fake_discord.limits import Limits
from support.fake_discord.messages import Message
from support.fake_discord.people import Member, Role, User
from support.fake_discord.places import Channel, Guild
from support.fake_discord.posting import Posting
from support.fake_discord.server import PREFIX, Exchange, Server
from support.fake_discord.sessions import CONTENT, DIRECT_MESSAGES, GUILD_MESSAGES, GUILDS, Session
from support.fake_discord.uploads import Attachment
from support.fake_discord.world import World

MOST_BODY_BYTES = 512 << 20


class FakeDiscord(Acts):
    """The service, its users, and everything a test may do to them."""

    def __init__(self, *, bot: str = "mezzotint", ahead: float = 0.0) -> None:
        self.clock = Clock(ahead)
        self.ids = Snowflakes(self.clock)
        self.world = World(self.clock, self.ids)
        self.owner = self.world.user("operator")
        self.bot = self.world.user(bot, bot=True)
        self.application_id = self.bot.id
        self.token = _new_token()
        self.shards = 1
        """How many the gateway recommends."""
        self.commands = Commands(self.application_id, self.clock, self.ids)
        self.interactions = Interactions(self.clock)
        self.limits = Limits(self.clock)
        self.faults = Faults()
        self.gateway = Gateway(self.clock, lambda: self.token, self._greet)
        self.files = Files(self.clock, lambda number: self._uploaded.get(number) or self._posted(number))
        self.posting = Posting(self.world, self._address, self._tell_message)
        self.requests: list[Exchange] = []
        """Every request with its answer, in the order of the answers."""
        self.surprises: list[str] = []
        """Requests that there is no route for, and failures of the fake itself."""
        self.followups_that_edited = 0
        """Follow-ups that filled a waiting message, as the service no longer wants it."""
        self.api_base = ""
        """The root of the API, version included."""
        self.gateway_url = ""
        self._uploaded: dict[int, Attachment] = {}
        self._runner: web.AppRunner | None = None

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
        self._tell_guild(guild)

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
        self._tell_guild(guild)

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
        from fnmatch import fnmatchcase

        return [each for each in self.requests if fnmatchcase(each.asked, route)]

    async def revoke_token(self) -> str:
        """The operator resets the token: the old one is worth nothing from now on. The new one is returned."""
        self.token = _new_token()
        await self.gateway.drop(4004)
        return self.token

    def reads(self, message: Message) -> bool:
        """Whether the application may read what is in a message."""
        own = message.author is self.bot or self.bot in message.mentions.users
        return own or message.channel.guild is None or bool(self.gateway.allowed_intents & CONTENT)

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

    def tell_thread(self, event: str, thread: Channel) -> None:
        assert thread.guild is not None
        self.gateway.dispatch(event, thread.payload(), guild_id=thread.guild.id, intent=GUILDS)

    def _greet(self, session: Session) -> None:
        guilds = [each for each in self.world.guilds.values() if self.bot.id in each.members and session.hears(each.id)]
        session.tell(
            "READY",
            {
                "v": 10,
                "user": self.bot.payload(),
                "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.gateway_url.replace("/gateway/", "/resume/"),
                "shard": list(session.shard),
                "application": {"id": str(self.application_id), "flags": 0},
                "private_channels": [],
            },
        )
        for guild in guilds:
            if guild.available and session.intents & GUILDS:
                session.tell("GUILD_CREATE", guild.payload(self.bot))

    def _tell_guild(self, guild: Guild) -> None:
        told = guild.payload(self.bot)
        self.gateway.dispatch("GUILD_CREATE", told, guild_id=guild.id, intent=GUILDS)

    def _tell_message(self, event: str, message: Message) -> None:
        channel = message.channel
        guild = channel.guild
        where = {"channel_id": str(channel.id)} | ({"guild_id": str(guild.id)} if guild else {})
        if guild is not None and not channel.may(self.bot, "view_channel"):
            return
        if guild is None and self.bot not in channel.recipients:
            return

        def told(session: Session) -> dict[str, Any]:
            if event == "MESSAGE_DELETE":
                return {"id": str(message.id), **where}
            read = self.reads(message) and (
                message.author is self.bot
                or self.bot in message.mentions.users
                or guild is None
                or bool(session.intents & CONTENT)
            )
            data = {**message.payload(self.clock.stamp, read=read), **where}
            if guild is not None and message.author.id in guild.members:
                data["member"] = guild.members[message.author.id].payload(with_user=False)
            return data

        intent = DIRECT_MESSAGES if guild is None else GUILD_MESSAGES
        self.gateway.dispatch(event, told, guild_id=guild.id if guild else None, intent=intent)

    def _address(self, channel: Channel, number: int, name: str) -> str:
        return self.files.address("attachments", channel.id, number, name)

    def _posted(self, number: int) -> Attachment | None:
        every = (file for each in self.world.messages.values() for look in each.history for file in look.attachments)
        return next((file for file in every if file.id == number), None)


def _new_token() -> str:
    """In the form of a real one, which no scanner of secrets takes for one."""
    return f"fake.{secrets.token_urlsafe(6)}.{secrets.token_urlsafe(27)}"
