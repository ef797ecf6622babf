"""What the fake consists of, and what it tells the gateway of what happens in it."""

from __future__ import annotations

import secrets
from typing import Any

from support.fake_discord.clock import Clock, Snowflakes
from support.fake_discord.commands import Commands
from support.fake_discord.faults import Faults
from support.fake_discord.files import Files
from support.fake_discord.gateway import Gateway
from support.fake_discord.interactions import Interactions
from support.fake_discord.limits import Limits
from support.fake_discord.messages import Message
from support.fake_discord.places import Channel, Guild
from support.fake_discord.posting import Posting
from support.fake_discord.sessions import CONTENT, DIRECT_MESSAGES, GUILD_MESSAGES, GUILDS, Session
from support.fake_discord.uploads import Attachment
from support.fake_discord.world import World


class Core:
    """The parts, wired together. Everything that happens is done to one of them."""

    def __init__(self, *, bot: str = "mezzotint", ahead: float = 0.0) -> None:
        self.clock = Clock(ahead)
        self.ids = Snowflakes(self.clock)
        self.world = World(self.clock, self.ids)
        self.owner = self.world.user("operator")
        self.bot = self.world.user(bot, bot=True)
        self.application_id = self.bot.id
        self.token = new_token()
        self.shards = 1
        """How many the gateway recommends."""
        self.commands = Commands(self.application_id, self.clock, self.ids)
        self.interactions = Interactions(self.clock)
        self.limits = Limits(self.clock)
        self.faults = Faults()
        self.gateway = Gateway(self.clock, lambda: self.token, self._greet)
        self.uploaded: dict[int, Attachment] = {}
        """What users have added to commands and modals."""
        self.files = Files(self.clock, lambda number: self.uploaded.get(number) or self._posted(number))
        self.posting = Posting(self.world, self._address, self._tell_message)
        self.api_base = ""
        """The root of the API, version included."""
        self.gateway_url = ""

    def reads(self, message: Message) -> bool:
        """Whether the application may read what is in a message."""
        return self._always_read(message) or bool(self.gateway.allowed_intents & CONTENT)

    def tell_thread(self, event: str, thread: Channel) -> None:
        assert thread.guild is not None
        self.gateway.dispatch(event, thread.payload(), guild_id=thread.guild.id, intent=GUILDS)

    def tell_guild(self, guild: Guild) -> None:
        self.gateway.dispatch("GUILD_CREATE", guild.payload(self.bot), guild_id=guild.id, intent=GUILDS)

    def _always_read(self, message: Message) -> bool:
        own = message.author is self.bot or self.bot in message.mentions.users
        return own or message.channel.guild is None

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

    def _tell_message(self, event: str, message: Message) -> None:
        channel = message.channel
        guild = channel.guild
        if not channel.may(self.bot, "view_channel"):
            return
        where = {"channel_id": str(channel.id)} | ({"guild_id": str(guild.id)} if guild else {})

        def told(session: Session) -> dict[str, Any]:
            if event == "MESSAGE_DELETE":
                return {"id": str(message.id), **where}
            read = self._always_read(message) or bool(session.intents & CONTENT)
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


def new_token() -> str:
    """In the form of a real one, which no scanner of secrets takes for one."""
    return f"fake.{secrets.token_urlsafe(6)}.{secrets.token_urlsafe(27)}"
