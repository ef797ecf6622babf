"""Where the pictures of a schedule go besides the gallery: a value with a ``kind``, so that more kinds can come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.errors import UserError
from config.folders import places
from config.settings import Settings
from storage.queue.job import Origin

SOURCE = "schedule"
WEBHOOK = "webhook"
DISCORD = "discord"
NONE = "none"
"""The guild of direct messages."""
MAX_CHARACTERS = 2_000
FIELD = "target"
_SNOWFLAKE = re.compile(r"[1-9][0-9]{14,19}", re.ASCII)
MOST_ROLES = 16
_LOCALE = re.compile(r"[a-z]{2}(-[A-Z0-9]{2,3})?", re.ASCII)


def checked(target: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The target in the form that is kept; :class:`UserError`."""
    kind = target.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise UserError(f"target: the kind must be one of {', '.join(_KINDS)}", field=FIELD)
    wanted, check = _KINDS[kind]
    if set(target) != {"kind", *wanted}:
        raise UserError(f"target: {kind} takes {', '.join(wanted) or 'nothing else'}", field=FIELD)
    for name in wanted:
        if not isinstance(target[name], str) or not 0 < len(target[name]) <= MAX_CHARACTERS:
            raise UserError(f"{name}: must be a text of at most {MAX_CHARACTERS} characters", field=name)
    check(target, settings)
    return dict(target)


def origin(target: Mapping[str, Any], about: Mapping[str, Any]) -> tuple[Origin, bool]:
    """The origin of a job, and whether its result is brought anywhere. ``about``: the schedule and its due time."""
    if target["kind"] == "webhook":
        return Origin(WEBHOOK, {"url": target["url"]}), True
    if target["kind"] == "discord":
        return Origin(DISCORD, {**about, **_place(target), "private": False}), True
    if target["kind"] == "folder":
        return Origin(SOURCE, {**about, "folder": target["path"]}), True
    return Origin(SOURCE, about), False


def groups(target: Mapping[str, Any]) -> tuple[str, ...]:
    """Under what else a job counts that goes there."""
    if target["kind"] != "discord":
        return ()
    channel, guild = f"channel:{target['channel']}", target["guild"]
    return (channel,) if guild == NONE else (channel, f"guild:{guild}", f"member:{guild}.{target['user']}")


def _place(target: Mapping[str, Any]) -> dict[str, Any]:
    guild = None if target["guild"] == NONE else target["guild"]
    spoiler = target["spoiler"] == "yes"
    return {
        "channel": target["channel"],
        "guild": guild,
        "user": target["user"],
        "locale": target["locale"],
        "spoiler": spoiler,
        "roles": _roles(target["roles"]),
    }


def _roles(said: str) -> list[str]:
    return [] if said == NONE else said.split(",")


def _discord(target: Mapping[str, Any], settings: Settings) -> None:
    for name in ("channel", "user"):
        if not _SNOWFLAKE.fullmatch(target[name]):
            raise UserError(f"{name}: must be the number that Discord knows it by", field=name)
    if target["guild"] != NONE and not _SNOWFLAKE.fullmatch(target["guild"]):
        raise UserError(f"guild: must be the number that Discord knows it by, or {NONE}", field="guild")
    if target["spoiler"] not in ("yes", "no"):
        raise UserError("spoiler: must be yes or no", field="spoiler")
    roles = _roles(target["roles"])
    if len(roles) > MOST_ROLES or not all(map(_SNOWFLAKE.fullmatch, roles)):
        raise UserError(
            f"roles: must be at most {MOST_ROLES} numbers with commas between them, or {NONE}", field="roles"
        )
    if not _LOCALE.fullmatch(target["locale"]):
        raise UserError("locale: must be like en-US or de", field="locale")


def _nothing(target: Mapping[str, Any], settings: Settings) -> None:
    pass


def _folder(target: Mapping[str, Any], settings: Settings) -> None:
    path = Path(target["path"])
    if not path.is_absolute() or ".." in path.parts or not target["path"].isprintable():
        raise UserError("path: must be an absolute path without ..", field="path")
    whole = path.resolve()
    kept = [settings.pictures, settings.inputs, settings.quarantine, settings.lock_file.parent]
    if settings.watch_folder.enabled:
        kept += [places(settings.state_dir, folder).path for folder in settings.watch_folder.folders]
    for other in (each.resolve() for each in kept):
        if whole.is_relative_to(other) or other.is_relative_to(whole):
            raise UserError(
                f"path: {path} overlaps {other}, which is watched or the daemon's own",
                field="path",
                hint="choose another directory",
            )


def _webhook(target: Mapping[str, Any], settings: Settings) -> None:
    try:
        found = urlsplit(target["url"])
        is_url = found.scheme in ("http", "https") and bool(found.hostname) and found.port != 0
    except ValueError:
        is_url = False
    if not is_url or not target["url"].isprintable() or " " in target["url"]:
        raise UserError("url: must begin with http:// or https:// and name a host", field="url")


_Check = Callable[[Mapping[str, Any], Settings], None]
_KINDS: Mapping[str, tuple[tuple[str, ...], _Check]] = {
    "gallery": ((), _nothing),
    "folder": (("path",), _folder),
    "webhook": (("url",), _webhook),
    "discord": (("channel", "guild", "user", "locale", "spoiler", "roles"), _discord),
}
