"""All that there is: people, guilds, channels, messages."""

from __future__ import annotations

from support.fake_discord.clock import Clock, Snowflakes
from support.fake_discord.messages import Message
from support.fake_discord.people import Member, Role, User
from support.fake_discord.places import DIRECT, GROUP, PUBLIC_THREAD, Channel, Guild


class World:
    """What exists, by id."""

    def __init__(self, clock: Clock, ids: Snowflakes) -> None:
        self.clock = clock
        self.ids = ids
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}

    def user(self, name: str, *, bot: bool = False, locale: str = "en-US") -> User:
        made = User(self.ids.next(), name, bot, locale)
        self.users[made.id] = made
        return made

    def guild(self, name: str, owner: User, permissions: int) -> Guild:
        """A new guild in which everybody has these permissions."""
        made = Guild(self.ids.next(), name, owner)
        made.roles[made.id] = Role(made.id, "@everyone", permissions, position=0)
        self.guilds[made.id] = made
        self.join(owner, made)
        return made

    def join(self, user: User, guild: Guild) -> Member:
        """A user is in a guild from now on."""
        return guild.members.setdefault(user.id, Member(user, self.clock.stamp()))

    def role(self, guild: Guild, name: str, permissions: int, *, mentionable: bool) -> Role:
        made = Role(self.ids.next(), name, permissions, mentionable, position=len(guild.roles))
        guild.roles[made.id] = made
        return made

    def channel(self, guild: Guild, name: str, *, nsfw: bool = False) -> Channel:
        return self._keep(Channel(self.ids.next(), name, guild=guild, nsfw=nsfw))

    def thread(self, parent: Channel, name: str, creator: User, message: Message | None = None) -> Channel:
        """A thread; one under a message has the message's id."""
        number = message.id if message else self.ids.next()
        made = Channel(number, name, PUBLIC_THREAD, parent.guild, parent, creator=creator)
        made.started_at = self.clock.stamp()
        if message:
            message.thread = made
        return self._keep(made)

    def direct(self, *people: User) -> Channel:
        """The direct messages of two people, or of a group, made when they are first asked for."""
        wanted = {person.id for person in people}
        for each in self.channels.values():
            if each.guild is None and {person.id for person in each.recipients} == wanted:
                return each
        kind = DIRECT if len(people) == 2 else GROUP
        return self._keep(Channel(self.ids.next(), "", kind, recipients=list(people)))

    def within(self, channel: Channel) -> list[Message]:
        """The messages of a channel that are still there, oldest first."""
        return [each for each in self.messages.values() if each.channel is channel and not each.deleted]

    def _keep(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        if channel.guild is not None:
            channel.guild.channels[channel.id] = channel
        return channel
