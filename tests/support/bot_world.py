"""The real daemon with the bot, and a Discord of its own on loopback for it: for tests that use it as people do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from support.fake_discord.aside import Aside
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.messages import Message
from support.fake_discord.people import User
from support.fake_discord.places import Channel, Guild
from support.live_daemon import LiveDaemon

T = TypeVar("T")
FAKE_ENGINE = {"MEZZOTINT_ENGINE__KIND": "fake", "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.002"}


class BotWorld:
    """One guild with one channel and two people in it, and a daemon whose bot is a member."""

    def __init__(self, aside: Aside, state_dir: Path, environment: Mapping[str, str]) -> None:
        self.aside = aside
        self.guild: Guild = aside.call(lambda fake: fake.guild("studio"))
        self.channel: Channel = aside.call(lambda fake: fake.channel(self.guild))
        self.ada: User = aside.call(lambda fake: fake.user("ada", self.guild))
        self.bob: User = aside.call(lambda fake: fake.user("bob", self.guild))
        self.token_file = state_dir.with_name(f"{state_dir.name}.token")
        self.write_token(aside.fake.token)
        self.daemon = LiveDaemon(
            state_dir,
            {
                "MEZZOTINT_DISCORD__ENABLED": "true",
                "MEZZOTINT_DISCORD__TOKEN_FILE": str(self.token_file),
                "MEZZOTINT_DISCORD__API_BASE": aside.fake.api_base,
                "MEZZOTINT_WATCH_FOLDER__ENABLED": "false",
                **environment,
            },
        )

    @property
    def fake(self) -> FakeDiscord:
        """For reading; whatever changes it goes through :meth:`do` or :meth:`call`."""
        return self.aside.fake

    def do(self, act: Callable[[FakeDiscord], Coroutine[Any, Any, T]], seconds: float = 60.0) -> T:
        return self.aside.do(act, seconds)

    def call(self, act: Callable[[FakeDiscord], T]) -> T:
        return self.aside.call(act)

    def write_token(self, token: str) -> None:
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(token)

    def state(self) -> str:
        """How the bot is connected, as the status says."""
        return str(self.daemon.call("GET", "/v1/status")["frontends"]["discord"]["state"])

    def start(self) -> None:
        """Start the daemon and wait until the bot serves."""
        self.daemon.start()
        self.daemon.until(lambda: self.state() == "ready", 30, "the bot is ready")

    def slash(self, user: User, name: str, /, *, where: Channel | None = None, **options: Any) -> Message:
        """A user sends a command; the first message of its answer."""
        channel = where or self.channel

        async def act(fake: FakeDiscord) -> Message:
            asked = await fake.slash(user, channel, name, **options)
            return await asked.message()

        return self.do(act)

    def done(self, message: Message, seconds: float = 60.0) -> Message:
        """Wait until a message shows pictures, and not a preview of them."""

        def come(_: FakeDiscord) -> bool:
            names = [each.name for each in message.attachments]
            return bool(names) and "preview.png" not in names

        self.daemon.until(lambda: self.call(come), seconds, "pictures have come")
        return message

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, newest first."""
        return list(self.daemon.call("GET", "/v1/jobs"))


@contextmanager
def bot_world(
    path: Path, environment: Mapping[str, str] = FAKE_ENGINE, *, start: bool = True, **more: Any
) -> Iterator[BotWorld]:
    """The whole, running."""
    with Aside(**more) as aside:
        world = BotWorld(aside, path / "state", environment)
        try:
            if start:
                world.start()
            yield world
        finally:
            if world.daemon.process is not None:
                world.daemon.kill()
