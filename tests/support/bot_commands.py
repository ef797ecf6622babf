"""People who use the bot's commands, for tests that read as what they do."""

from __future__ import annotations

from typing import Any

from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.fake_discord.people import User
from support.fake_discord.places import Channel
from support.waiting import until


class Person:
    """Somebody new in the guild, with nothing drawn so far."""

    def __init__(self, world: BotWorld, name: str, *, locale: str = "en-US", where: Channel | None = None) -> None:
        self.world = world
        self.user: User = world.call(lambda fake: fake.user(name, world.guild, locale=locale))
        self.where = where or world.channel

    @property
    def owner(self) -> str:
        return f"discord:{self.user.id}"

    def says(self, name: str, /, *, where: Channel | None = None, **options: Any) -> Message:
        """Send a command; its answer."""
        return self.world.slash(self.user, name, where=where or self.where, **options)

    def is_told(self, name: str, /, *, where: Channel | None = None, **options: Any) -> Message:
        """Send a command that is refused; what only he is told in the place of an answer for everybody."""

        async def act(fake: FakeDiscord) -> Message:
            asked = await fake.slash(self.user, where or self.where, name, **options)
            await until(lambda: asked.followups, f"nothing is told of {name}")
            return asked.followups[-1]

        return self.world.do(act)

    def draws(self, prompt: str, **options: Any) -> str:
        """Draw something and wait for it; the id of the job."""
        message = self.world.done(self.says("imagine", prompt=prompt, **options))
        return next(job["id"] for job in self.world.jobs() if job["id"] in message.text)

    def jobs(self) -> list[dict[str, Any]]:
        """His, the newest first."""
        return [job for job in self.world.jobs() if job["owner"] == self.owner]

    def is_suggested(self, name: str, option: str, typed: str = "") -> list[dict[str, Any]]:
        """What is suggested while he types."""
        return self.world.do(lambda fake: fake.autocomplete(self.user, self.where, name, option, typed))

    def moderates(self) -> Person:
        """From now on he may manage the guild."""
        role = self.world.call(lambda fake: fake.role(self.world.guild, "keepers", "manage_guild"))
        self.world.call(lambda fake: fake.give(self.user, self.world.guild, role))
        return self

    def presses(self, message: Message, custom_id: str, *, forged: bool = False) -> Interaction:
        """Press a button; the interaction once it is answered."""

        async def act(fake: FakeDiscord) -> Interaction:
            pressed = await fake.press(self.user, message, custom_id, forged=forged)
            return await pressed.answered()

        return self.world.do(act)

    def turns(self, message: Message, label: str) -> Message:
        """Press a button of a page and wait until it has turned."""
        edits = message.edits
        self.presses(message, message.button(label)["custom_id"])
        self.world.daemon.until(lambda: message.edits > edits, 20, "the page has turned")
        return message

    def points(self, name: str, message: Message) -> Interaction:
        """Pick an entry of the menu of a message."""

        async def act(fake: FakeDiscord) -> Interaction:
            asked = await fake.context_menu(self.user, message.channel, name, message)
            return await asked.answered()

        return self.world.do(act)

    def answer(self, asked: Interaction) -> Message:
        """What an interaction was answered with."""
        return self.world.do(lambda fake: asked.message())


def only_seen_by(message: Message, person: Person) -> bool:
    """Whether nobody else sees it."""
    return message.seen_only_by == person.user
