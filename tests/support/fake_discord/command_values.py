"""The options of a command as a user fills them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.fake_discord import permissions
from support.fake_discord.people import Role, User
from support.fake_discord.places import Channel
from support.fake_discord.uploads import Attachment, Upload

STRING, INTEGER, BOOLEAN, PERSON, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
MOST_STRING = 6000


class NotTaken(AssertionError):
    """The user's own program would not send this value."""


class Values:
    """Checks values as the user's program does, and writes them as it does."""

    def __init__(self, command: dict[str, Any], keep: Callable[[Upload], Attachment]) -> None:
        self.resolved: dict[str, dict[str, Any]] = {}
        """What the values stand for, by kind and id."""
        self._options = {each["name"]: each for each in command.get("options", [])}
        self._keep = keep

    def checked(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """All options of a command that is sent."""
        missing = [name for name, each in self._options.items() if each.get("required") and name not in given]
        if missing:
            raise NotTaken(f"required: {missing}")
        return self.partial(given)

    def partial(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Some options, while the command is still being typed."""
        unknown = set(given) - set(self._options)
        if unknown:
            raise NotTaken(f"there is no {sorted(unknown)}; there are {sorted(self._options)}")
        return [self._filled(self._options[name], value) for name, value in given.items()]

    def _filled(self, option: dict[str, Any], value: Any) -> dict[str, Any]:
        kind = option["type"]
        told = value
        if kind in (PERSON, CHANNEL, ROLE, MENTIONABLE):
            told = self._resolve(value)
        elif kind == ATTACHMENT:
            if not isinstance(value, Upload):
                raise NotTaken(f"{option['name']} takes a file")
            kept = self._keep(value)
            self.resolved.setdefault("attachments", {})[str(kept.id)] = kept.payload()
            told = str(kept.id)
        else:
            _check(option, value)
        return {"name": option["name"], "type": kind, "value": told}

    def _resolve(self, value: Any) -> str:
        group = {User: "users", Role: "roles", Channel: "channels"}.get(type(value))
        if group is None:
            raise NotTaken(f"{value!r} is no user, role or channel")
        told = value.payload()
        if isinstance(value, Channel):
            told["permissions"] = str(permissions.USUAL)
        self.resolved.setdefault(group, {})[str(value.id)] = told
        return str(value.id)


def _check(option: dict[str, Any], value: Any) -> None:
    kind, name = option["type"], option["name"]
    wanted: tuple[type, ...] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float), BOOLEAN: (bool,)}[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != BOOLEAN):
        raise NotTaken(f"{name}: {value!r} is not {wanted[0].__name__}")
    choices = option.get("choices") or []
    if choices and value not in [each["value"] for each in choices]:
        raise NotTaken(f"{name}: {value!r} is none of {[each['value'] for each in choices]}")
    size: Any = len(value) if isinstance(value, str) else value
    least, most = ("min_length", "max_length") if kind == STRING else ("min_value", "max_value")
    ceiling = option.get(most, MOST_STRING if kind == STRING else None)
    if option.get(least) is not None and size < option[least]:
        raise NotTaken(f"{name}: {size} is under {option[least]}")
    if ceiling is not None and size > ceiling:
        raise NotTaken(f"{name}: {size} is over {ceiling}")
