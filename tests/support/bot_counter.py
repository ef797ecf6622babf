"""The bot's way from a wish to a job on a real service in this process, without Discord."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.clock import now_ms
from config.ids import new_id
from config.settings import Settings
from daemon import directories
from daemon.events import Bus
from daemon.service import Post, Receipt, Service
from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.ordering import Ordering
from frontends.discord_bot.own import Own
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.door import Policy
from frontends.discord_bot.wish import Wish
from frontends.discord_bot.words import Catalogue
from pipeline.models.registry import Registry
from storage.database import Database
from storage.results.store import PictureFiles


class NoDispatcher:
    """Starts nothing: what is accepted waits."""

    def wake(self) -> None: ...
    def cancel(self, job: str, attempt: int) -> None: ...
    def free_memory(self, wanted: bool) -> None: ...
    def snapshot(self) -> Sequence[Any]:
        return ()


class BotCounter:
    """Where wishes are handed in. ``live`` messages are not shown by anything."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.service = Service(
            settings=settings,
            database=database,
            files=PictureFiles(settings.state_dir),
            registry=Registry(settings.models_file),
            bus=Bus(),
            dispatcher=NoDispatcher(),
            clock=now_ms,
        )
        self.policy = Policy(self.service)
        self.board = ModelBoard(settings, self.service)
        self.ordering = Ordering(
            settings=settings,
            service=self.service,
            catalogue=Catalogue.read(),
            board=self.board,
            policy=self.policy,
            live=None,  # type: ignore[arg-type]
            own=Own(self.service),
            clock=now_ms,
        )

    async def take(self, asker: Asker, prompt: str = "a fox", **said: Any) -> Receipt:
        """As a command of its own."""
        number = new_id(now_ms())
        post = Post(
            id=number,
            source="discord",
            guild=asker.guild,
            channel=asker.place,
            user=asker.user,
            interaction=number,
            token="t",
            expires_at=now_ms() + 900_000,
            ephemeral=False,
            created_at=now_ms(),
        )
        wish = Wish(said={"prompt": prompt, **said})
        return await self.ordering.take(asker, wish, post, "en-US", f"i{number}", "imagine")


@contextmanager
def bot_counter(state_dir: Path, **sections: Any) -> Iterator[BotCounter]:
    """On a state directory, with these settings."""
    settings = Settings.model_validate({"state_dir": state_dir, **sections})
    directories.make(settings)
    database = Database.open(settings.database)
    try:
        yield BotCounter(settings, database)
    finally:
        database.close()
