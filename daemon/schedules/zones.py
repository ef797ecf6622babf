"""Time zones by the names of the IANA database. Offsets are refused: they know nothing of daylight saving."""

from __future__ import annotations

import re
from importlib import metadata
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError, available_timezones

import tzlocal

from config.errors import UserError
from config.nearest import nearest

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,40}(/[A-Za-z0-9_+-]{1,40}){0,2}")
_NO_ZONES = frozenset({"localtime", "Factory", "posixrules"})
FIELD = "time_zone"


def zone(name: str) -> ZoneInfo:
    """The zone of that name; :class:`UserError` names the nearest."""
    is_name = _NAME.fullmatch(name) and name not in _NO_ZONES and not name.startswith(("posix/", "right/"))
    try:
        if is_name:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        pass
    near = nearest(name, sorted(available_timezones()))
    hint = f"did you mean {near}?" if near else "give a name of the IANA database, such as Europe/Berlin, or UTC"
    raise UserError(f"time_zone: {name[:60]!r} is no time zone", field=FIELD, hint=hint)


def of_this_machine() -> str:
    """The IANA name of the zone that the system is set to; :class:`UserError` when it has none."""
    try:
        name = tzlocal.get_localzone_name()
        return zone(name).key
    except (ZoneInfoNotFoundError, LookupError, OSError, ValueError, TypeError, UserError):
        raise UserError(
            "time_zone: the time zone of this machine can't be told",
            field=FIELD,
            hint="name one, such as Europe/Berlin",
        ) from None


def database() -> str:
    """Which zone data is used: that of the system where there is any, else the package's."""
    return f"tzdata {metadata.version('tzdata')}, after {':'.join(TZPATH)}"
