"""What users ask of the application, and how far each has been answered."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.fake_discord import refusals
from support.fake_discord.clock import Clock
from support.fake_discord.messages import Message
from support.fake_discord.people import User
from support.fake_discord.places import DIRECT, Channel, Guild

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
ANSWER_SECONDS, TOKEN_SECONDS = 3.0, 900.0
FOLLOWUPS_ABROAD = 5
ANSWERS = {COMMAND: (4, 5, 9), COMPONENT: (4, 5, 6, 7, 9), AUTOCOMPLETE: (8,), MODAL: (4, 5)}
"""By kind of interaction, the kinds of answers. A modal that came from a component also has the component's 6 and 7."""


class NoAnswer(AssertionError):
    """The user reads "The application did not respond"."""


@dataclass(eq=False)
class Interaction:
    """One act of a user. The test looks at it as that user would."""

    id: int
    kind: int
    user: User
    channel: Channel
    data: dict[str, Any]
    at: float
    owners: dict[str, str]
    """On whose behalf the application is here: ``"0"`` the guild, ``"1"`` the user."""
    hidden: bool = False
    """Whether every answer is ephemeral, whatever the application says."""
    source: Message | None = None
    """The message that the component was on."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(96))
    answer: int | None = None
    """The kind of the first answer."""
    acknowledged_after: float | None = None
    """Seconds between the act and the first answer, in real time."""
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    focused_kind: int = 3
    """The type of the option that suggestions are for."""
    began: float = field(default_factory=time.monotonic)

    @property
    def context(self) -> int:
        """0 within a guild, 1 in the direct messages with the bot, 2 in others."""
        if self.channel.guild is not None:
            return 0
        bot = any(each.bot for each in self.channel.recipients)
        return 1 if bot and self.channel.kind == DIRECT else 2

    @property
    def only_user_installed(self) -> bool:
        return set(self.owners) == {"1"}

    def upload_limit(self) -> int:
        guild = self.channel.guild
        return max(self.user.upload_limit, guild.upload_limit if guild else 0)

    async def answered(self, seconds: float = 5.0) -> Interaction:
        """Wait for the first answer, of whatever kind."""
        await self._until(lambda: self.answer is not None, "no answer", seconds)
        return self

    async def shows(self, check: Callable[[Message], object], seconds: float = 10.0) -> Message:
        """Wait until the first answer is a message like that."""

        def there() -> bool:
            return self.original is not None and not self.original.deleted and bool(check(self.original))

        await self._until(there, "the answer never looked like that", seconds)
        assert self.original is not None
        return self.original

    async def message(self, seconds: float = 10.0) -> Message:
        """Wait until the first answer says more than that the application is thinking."""
        return await self.shows(lambda message: not message.loading, seconds)

    async def form(self, seconds: float = 5.0) -> dict[str, Any]:
        """Wait for the modal that is the answer."""
        await self.answered(seconds)
        assert self.modal is not None, f"answered with {self.answer}, not with a modal"
        return self.modal

    async def _until(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                shown = None if self.original is None else self.original.now
                raise NoAnswer(f"{what} within {seconds} s to {self.data}: {shown}")
            await asyncio.sleep(0.005)


class Interactions:
    """All of them, and what their tokens are still good for."""

    def __init__(self, clock: Clock) -> None:
        self.every: list[Interaction] = []
        self._clock = clock

    def keep(self, interaction: Interaction) -> Interaction:
        self.every.append(interaction)
        return interaction

    def to_answer(self, number: int, token: str) -> Interaction:
        """The one that a first answer is for."""
        found = next((each for each in self.every if each.id == number and each.token == token), None)
        if found is None:
            raise refusals.unknown("interaction")
        if found.answer is not None:
            raise refusals.already_acknowledged()
        if self._clock.now() - found.at > ANSWER_SECONDS:
            raise refusals.unknown("interaction")
        return found

    def by_token(self, token: str) -> Interaction:
        """The one that a token continues, as long as it does."""
        found = next((each for each in self.every if each.token == token), None)
        if found is None:
            raise refusals.token_expired()
        if self._clock.now() - found.at > TOKEN_SECONDS:
            raise refusals.token_expired()
        if found.answer is None or found.kind == AUTOCOMPLETE:
            raise refusals.unknown("webhook")
        return found

    def unanswered(self) -> list[Interaction]:
        """Those whose three seconds have passed without an answer."""
        late = self._clock.now() - ANSWER_SECONDS
        return [each for each in self.every if each.answer is None and each.at < late]

    def delays(self) -> list[float]:
        """Seconds to the first answer, of all that have one, the shortest first."""
        return sorted(each.acknowledged_after for each in self.every if each.acknowledged_after is not None)


def owners_of(user: User, channel: Channel, guild: Guild | None, bot: User) -> dict[str, str]:
    """By which installations the application is at hand for a user in a place."""
    owners: dict[str, str] = {}
    if guild is not None and bot.id in guild.members:
        owners["0"] = str(guild.id)
    elif guild is None and channel.kind == DIRECT and bot in channel.recipients:
        owners["0"] = "0"
    if user.application_installed:
        owners["1"] = str(user.id)
    return owners
