"""What was used in the day and the month of now, beside what may be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.service import Account, Limit, Used
from frontends.discord_bot.layouts import parts
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Marked, Words

PERIODS = ("day", "month")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Of one scope. ``name`` is ``own``, ``member`` or ``guild``; ``limits`` hold beside those of the operator."""

    name: str
    account: Account
    limits: tuple[Limit, ...] = ()
    waiting: int | None = None
    """Jobs; None where they are not told."""


def usage(sheets: Sequence[Sheet], words: Words) -> View:
    """All of them, one below the other."""
    items = [parts.shown(f"### {words.say(f'usage.of_{sheet.name}')}", *_lines(sheet, words)) for sheet in sheets]
    return sealed(parts.box("done", *items))


def _lines(sheet: Sheet, words: Words) -> Iterator[str]:
    account = sheet.account
    for per in PERIODS:
        used: Used = getattr(account.usage, per)
        until = words.say("usage.until", when=parts.moment(account.periods.ends(per)))
        yield f"**{words.say(f'usage.{per}')}** ({until})"
        pictures = _amount(used.pictures, used.held_pictures, _least(sheet, "pictures", per), words)
        yield f"- {words.say('usage.pictures', amount=pictures)}"
        seconds = _amount(used.engine_ms, used.held_ms, _least(sheet, "engine_ms", per), words, 1000)
        yield f"- {words.say('usage.seconds', amount=seconds)}"
    stored = _amount(account.usage.bytes, account.usage.held_bytes, _least(sheet, "bytes", None), words, 2**20)
    yield f"- {words.say('usage.stored', amount=stored, count=account.usage.pictures)}"
    if sheet.waiting is not None:
        waiting = _amount(sheet.waiting, 0, _least(sheet, "queued", None), words)
        yield f"- {words.say('usage.waiting', amount=waiting)}"


def _least(sheet: Sheet, what: str, per: str | None) -> int | None:
    """The tightest of what holds."""
    own = sheet.account.limit(what, per)
    found = [each.limit for each in sheet.limits if (each.what, each.per) == (what, per)]
    return min([*found, *([] if own is None else [own])], default=None)


def _amount(used: int, held: int, limit: int | None, words: Words, unit: int = 1) -> Marked:
    said = _figure(used / unit, words)
    if limit is not None:
        said = words.say("usage.of", used=Marked(said), limit=Marked(_figure(limit / unit, words)))
    if held:
        said = f"{said} {words.say('usage.held', held=Marked(_figure(held / unit, words)))}"
    return Marked(said)


def _figure(amount: float, words: Words) -> str:
    """To a tenth where it is small."""
    rounded = round(amount, 1)
    return f"{rounded:.0f}" if rounded >= 1000 or rounded == int(rounded) else words.figure(rounded)
