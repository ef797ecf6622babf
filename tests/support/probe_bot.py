"""A small bot on the real library, with one of everything that a bot does. It is there to try the fake."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
from discord import app_commands, ui
from support.fake_discord.fake import FakeDiscord
from support.pictures import picture

from frontends.discord_bot.address import point

MODELS = ["tiny", "large"]


class Probe(discord.Client):
    """Slash commands, buttons that outlive it, a modal, a menu, and replies in threads."""

    def __init__(self, api_base: str | None, *, sync: bool = True, **more: Any) -> None:
        intents = more.pop("intents", discord.Intents(guilds=True, guild_messages=True, dm_messages=True))
        quiet = discord.AllowedMentions.none()
        super().__init__(
            intents=intents, allowed_mentions=quiet, max_ratelimit_timeout=30.0, guild_ready_timeout=0.05, **more
        )
        if api_base is not None:
            point(self, api_base)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.events: list[str] = []
        self.errors: list[BaseException] = []
        self.interactions: dict[int, discord.Interaction[Any]] = {}
        self.waiting: asyncio.Event = asyncio.Event()
        """While this is set, drawings are done at once."""
        self.waiting.set()
        self._sync = sync
        _register(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again, Edit)
        if self._sync:
            await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library waits here for five seconds before it identifies anew."""

    async def on_ready(self) -> None:
        self.events.append("ready")

    async def on_resumed(self) -> None:
        self.events.append("resumed")

    async def on_disconnect(self) -> None:
        self.events.append("disconnect")

    async def on_guild_available(self, guild: discord.Guild) -> None:
        self.events.append(f"available {guild.name}")

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        self.events.append(f"unavailable {guild.name}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.events.append(f"removed {guild.name}")

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        self.interactions[interaction.id] = interaction

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)

    async def on_error(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        raise


class Again(ui.DynamicItem[ui.Button[Any]], template=r"probe:again:(?P<job>\w+)"):
    """A button that needs nothing but its id."""

    def __init__(self, job: str) -> None:
        super().__init__(ui.Button(label="Again", custom_id=f"probe:again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: ui.Item[Any], match: Any, /) -> Again:
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"again {self.job}", ephemeral=True)


class Edit(ui.DynamicItem[ui.Button[Any]], template=r"probe:edit"):
    """Opens the modal."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label="Edit", custom_id="probe:edit"))

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: ui.Item[Any], match: Any, /) -> Edit:
        return cls()

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(Rerun())


class Rerun(ui.Modal, title="Edit and rerun"):
    """A modal with controls."""

    prompt: ui.Label[Any] = ui.Label(
        text="Prompt", component=ui.TextInput(custom_id="prompt", style=discord.TextStyle.paragraph, max_length=4000)
    )
    model: ui.Label[Any] = ui.Label(
        text="Model",
        component=ui.Select(
            custom_id="model", options=[discord.SelectOption(label=each, value=each) for each in MODELS]
        ),
    )
    private: ui.Label[Any] = ui.Label(text="Private", component=ui.Checkbox(custom_id="private"))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        prompt: Any = self.prompt.component
        model: Any = self.model.component
        private: Any = self.private.component
        await interaction.response.send_message(f"{prompt.value} {model.values} {private.value}")


def done(prompt: str, files: list[discord.File]) -> ui.LayoutView:
    """The layout of a result."""
    view = ui.LayoutView(timeout=None)
    gallery: ui.MediaGallery[Any] = ui.MediaGallery(
        *(discord.MediaGalleryItem(each, description=prompt[:1024]) for each in files)
    )
    row: ui.ActionRow[Any] = ui.ActionRow(Again("01"), Edit())
    view.add_item(ui.Container(ui.TextDisplay(prompt[:3000]), gallery, row))
    return view


def _register(bot: Probe) -> None:
    @bot.tree.command(description="Draw")
    async def imagine(
        interaction: discord.Interaction[Any],
        prompt: str,
        model: str = "tiny",
        count: app_commands.Range[int, 1, 10] = 1,
        image: discord.Attachment | None = None,
    ) -> None:
        await interaction.response.defer(thinking=True)
        await bot.waiting.wait()
        if image is not None:
            prompt = f"{prompt} from {len(await image.read())} bytes"
        files = [discord.File(io.BytesIO(picture(8, 8)), f"{index}.png") for index in range(count)]
        await interaction.edit_original_response(attachments=files, view=done(prompt, files))

    @imagine.autocomplete("model")
    async def models(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=each, value=each) for each in MODELS if each.startswith(typed)]

    @bot.tree.context_menu(name="Parameters")
    async def parameters(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await interaction.response.send_message(f"of {message.id}: {message.content}", ephemeral=True)

    @bot.tree.error
    async def failed(interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
        bot.errors.append(getattr(error, "original", error))


@contextlib.asynccontextmanager
async def probing(fake: FakeDiscord, **more: Any) -> AsyncIterator[Probe]:
    """A bot that is connected and ready."""
    bot = Probe(fake.api_base, **more)
    running = asyncio.create_task(bot.start(fake.token))
    ready = asyncio.create_task(_ready(bot))
    try:
        await asyncio.wait({running, ready}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        assert bot.is_ready(), "the bot did not become ready"
        yield bot
    finally:
        ready.cancel()
        await bot.close()
        running.cancel()
        await asyncio.gather(running, ready, return_exceptions=True)


async def _ready(bot: Probe) -> None:
    while "ready" not in bot.events:
        await asyncio.sleep(0.005)
