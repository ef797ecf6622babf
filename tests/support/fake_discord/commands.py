"""The commands that an application has registered, for everybody and for single guilds."""

from __future__ import annotations

from typing import Any

from support.fake_discord import command_forms, refusals
from support.fake_discord.clock import Clock, Snowflakes
from support.fake_discord.places import Guild
from support.fake_discord.refusals import Form

CREATES_A_DAY = 200
MOST = {command_forms.SLASH: 100, command_forms.USER: 15, command_forms.MESSAGE: 15}
DAY_SECONDS = 86_400.0


class Commands:
    """What is registered, by guild; ``None`` holds what is for everybody."""

    def __init__(self, application_id: int, clock: Clock, ids: Snowflakes) -> None:
        self.overwrites = 0
        """How often a whole list was sent."""
        self._application_id = application_id
        self._clock = clock
        self._ids = ids
        self._books: dict[int | None, list[dict[str, Any]]] = {None: []}
        self._creates: dict[int | None, list[float]] = {}

    def listed(self, guild_id: int | None = None) -> list[dict[str, Any]]:
        return list(self._books.get(guild_id, []))

    def created_today(self, guild_id: int | None = None) -> int:
        """How many of the 200 of a day are used up."""
        lately = [at for at in self._creates.get(guild_id, []) if self._clock.now() - at < DAY_SECONDS]
        return len(lately)

    def overwrite(self, guild_id: int | None, wanted: Any) -> list[dict[str, Any]]:
        """Put these in the place of all others. One that is there already keeps its id and costs nothing."""
        form = Form()
        if not isinstance(wanted, list):
            form.wrong("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            form.finish()
        self._check(form, wanted)
        form.finish()
        old = {(each["type"], each["name"]): each for each in self.listed(guild_id)}
        fresh = [each for each in wanted if (each.get("type", 1), each["name"]) not in old]
        self._count(guild_id, len(fresh))
        self.overwrites += 1
        self._books[guild_id] = [self._kept(each, guild_id, old) for each in wanted]
        return self.listed(guild_id)

    def create(self, guild_id: int | None, command: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """One more, or in the place of the one of that name; whether it is new."""
        others = [each for each in self.listed(guild_id) if _key(each) != _key(command)]
        form = Form()
        command_forms.check(form, "", command)
        form.finish()
        known = len(others) < len(self.listed(guild_id))
        self._count(guild_id, 0 if known else 1)
        old = {_key(each): each for each in self.listed(guild_id)}
        kept = self._kept(command, guild_id, old)
        self._books[guild_id] = [*others, kept]
        return kept, not known

    def delete(self, guild_id: int | None, command_id: int) -> None:
        self.get(guild_id, command_id)
        self._books[guild_id] = [each for each in self.listed(guild_id) if each["id"] != str(command_id)]

    def get(self, guild_id: int | None, command_id: int) -> dict[str, Any]:
        found = next((each for each in self.listed(guild_id) if each["id"] == str(command_id)), None)
        if found is None:
            raise refusals.unknown("application command")
        return found

    def find(self, name: str, kind: int, guild: Guild | None) -> dict[str, Any] | None:
        """What a user of this guild gets under a name: the guild's own before what is for everybody."""
        books = [self._books[None]] if guild is None else [self._books.get(guild.id, []), self._books[None]]
        return next((each for book in books for each in book if _key(each) == (kind, name)), None)

    def _check(self, form: Form, wanted: list[dict[str, Any]]) -> None:
        for index, each in enumerate(wanted):
            command_forms.check(form, str(index), each)
            if [_key(other) for other in wanted].count(_key(each)) > 1:
                said = "Application command names must be unique"
                form.wrong(f"{index}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", said)
        for kind, most in MOST.items():
            if sum(each.get("type", 1) == kind for each in wanted) > most:
                raise refusals.Refusal(400, 30032, f"Maximum number of application commands reached ({most})")

    def _count(self, guild_id: int | None, fresh: int) -> None:
        if self.created_today(guild_id) + fresh > CREATES_A_DAY:
            raise refusals.too_many_creates()
        self._creates.setdefault(guild_id, []).extend([self._clock.now()] * fresh)

    def _kept(self, each: dict[str, Any], guild_id: int | None, old: dict[Any, dict[str, Any]]) -> dict[str, Any]:
        before = old.get(_key(each))
        permissions = each.get("default_member_permissions")
        told = {
            "type": 1,
            "description": "",
            "options": [],
            "nsfw": False,
            "contexts": None,
            "integration_types": [0],
            **each,
            "default_member_permissions": None if permissions is None else str(permissions),
            "id": before["id"] if before else str(self._ids.next()),
            "application_id": str(self._application_id),
        }
        if told.get("integration_types") is None:
            told["integration_types"] = [0]
        if guild_id is not None:
            told["guild_id"] = str(guild_id)
        same = before is not None and {**before, "version": ""} == {**told, "version": ""}
        told["version"] = before["version"] if before and same else str(self._ids.next())
        return told


def _key(command: dict[str, Any]) -> tuple[int, str]:
    return command.get("type", 1), command["name"]
