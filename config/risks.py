"""Settings that are allowed and that an operator should know about: each may be meant, and each has bitten somebody."""

from __future__ import annotations

from collections.abc import Iterator

from config import mounts
from config.errors import Problem
from config.folders import Places, places
from config.mounts import Mount
from config.origins import Origins
from config.settings import DISCORD_API, FolderSettings, Settings


def risks(settings: Settings, origins: Origins) -> Iterator[Problem]:
    """All that the settings and the table of mounts tell. Nothing of it keeps a daemon from running."""
    yield from _values(settings)
    yield from _places(settings, mounts.mounts())
    for key, name in origins.shadowed():
        yield Problem(key, f"is set in {origins.file.path} too, but {name} decides", f"unset {name}, or remove the key")


def _values(settings: Settings) -> Iterator[Problem]:
    if settings.storage.synchronous == "normal":
        yield Problem(
            "storage.synchronous",
            "is normal: after a power cut jobs may be gone that were accepted shortly before it",
            'storage.synchronous = "full"',
        )
    if settings.storage.min_free_bytes == 0:
        yield Problem(
            "storage.min_free_bytes",
            "is 0: work is taken until the disk is full, and pictures then fail when they are written",
            "storage.min_free_bytes = 268435456",
        )
    if settings.queue.max_attempts == 1:
        yield Problem(
            "queue.max_attempts",
            "is 1: a job that a crash or a power cut interrupts is not tried again",
            "queue.max_attempts = 3",
        )
    if settings.engine.kind == "fake":
        yield Problem("engine.kind", "is fake: it draws test pictures, no model is used", 'engine.kind = "local"')
    if settings.discord.enabled and settings.discord.api_base != DISCORD_API:
        yield Problem(
            "discord.api_base",
            f"is {settings.discord.api_base}: the bot's token and everything that is said to it go there",
            "remove the key, unless that is a proxy of yours",
        )
    if int(settings.http.socket_mode, 8) & 0o007:
        yield Problem(
            "http.socket_mode",
            f"is {settings.http.socket_mode}: every user of this machine who gets to the socket may use the service",
            'http.socket_mode = "0660" admits its group alone',
        )


def _places(settings: Settings, table: list[Mount]) -> Iterator[Problem]:
    mount = mounts.holding(settings.state_dir, table)
    if mount is not None and mount.is_remote:
        yield Problem(
            "state_dir",
            f"{settings.state_dir} lies on {mount.kind}: the database needs a local disk, and may be damaged there",
            "set MEZZOTINT_STATE_DIR to a directory on a local disk",
        )
    for folder in settings.watch_folder.folders if settings.watch_folder.enabled else ():
        yield from _folder(folder, places(settings.state_dir, folder), table)


def _folder(folder: FolderSettings, own: Places, table: list[Mount]) -> Iterator[Problem]:
    name = f"watch_folder.folders ({folder.name})"
    for key in ("settle_seconds", "settle_image_seconds"):
        if getattr(folder, key) == 0:
            yield Problem(
                name,
                f"{key} is 0: a file that is still being written may be taken, and read in part",
                f"{key} = 2, unless files are always renamed into place",
            )
    mount = mounts.holding(own.path, table)
    if mount is not None and mount.is_remote:
        yield Problem(
            name,
            f"{own.path} lies on {mount.kind}: what others write there is found only every {folder.poll_seconds:g} s",
            "nothing, if that is meant; the folder's results wait while the share is away",
        )
