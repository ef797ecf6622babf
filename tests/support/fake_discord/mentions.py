"""Who is mentioned by a text, and whom of them the API would notify."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from support.fake_discord.people import Role, User
from support.fake_discord.places import Channel
from support.fake_discord.refusals import Form

KINDS = ("users", "roles", "everyone")


@dataclass(frozen=True)
class Mentions:
    """Those whom a message really mentions."""

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    everyone: bool = False

    def notified(self, channel: Channel) -> list[User]:
        """Everybody who hears of it, each once."""
        heard = list(self.users)
        if channel.guild is not None:
            members = channel.guild.members.values()
            heard += [each.user for each in members if self.everyone or set(each.roles) & set(self.roles)]
        return list(dict.fromkeys(user for user in heard if not user.bot))


def check(form: Form, allowed: Any) -> None:
    """Refuse what may not be asked for together."""
    if allowed is None:
        return
    if not isinstance(allowed, dict):
        form.wrong("allowed_mentions", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return
    parse = allowed.get("parse") or []
    for index, kind in enumerate(parse):
        form.choice(f"allowed_mentions.parse.{index}", kind, KINDS)
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or []
        if len(listed) > 100:
            form.wrong(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        if kind in parse and listed:
            said = f'parse:["{kind}"] and {kind}: {listed} are mutually exclusive.'
            form.wrong("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", said)


def found(
    text: str,
    allowed: dict[str, Any] | None,
    channel: Channel,
    author: User,
    people: dict[int, User],
    *,
    usual: tuple[str, ...],
    answered: User | None = None,
) -> Mentions:
    """
    What of a text mentions somebody.

    ``usual`` is what is parsed without ``allowed_mentions``; ``answered`` the author of the message replied to.
    Mentions within code are counted as well, so that a test for their absence is on the safe side.
    """
    parse = set(usual if allowed is None else allowed.get("parse") or [])
    named = {kind: {int(each) for each in (allowed or {}).get(kind) or []} for kind in ("users", "roles")}
    users = [people[int(each)] for each in re.findall(r"<@!?(\d+)>", text) if int(each) in people]
    heard = [user for user in users if "users" in parse or user.id in named["users"]]
    if answered is not None and (allowed is None or allowed.get("replied_user")):
        heard.append(answered)
    guild = channel.guild
    if guild is None:
        return Mentions(tuple(dict.fromkeys(heard)))
    loud = channel.may(author, "mention_everyone")
    asked = [guild.roles[int(each)] for each in re.findall(r"<@&(\d+)>", text) if int(each) in guild.roles]
    roles = [role for role in asked if "roles" in parse or role.id in named["roles"]]
    return Mentions(
        tuple(dict.fromkeys(heard)),
        tuple(dict.fromkeys(role for role in roles if role.mentionable or loud)),
        bool(re.search(r"@(everyone|here)", text)) and "everyone" in parse and loud,
    )
