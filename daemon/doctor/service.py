"""What systemd adds: the hardening in force on the running daemon, its watchdog, and the unit that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from daemon import lock
from daemon.doctor.finding import Finding, graded
from daemon.stop import FLUSH_SECONDS, MARGIN_SECONDS

UNIT = "mezzotint.service"
SYSTEM = Path("/etc/systemd/system")
PROC = Path("/proc")
RELIED_ON = {
    "Type": ("notify",),
    "NotifyAccess": ("main", "all"),
    "KillMode": ("mixed",),
    "RestartPreventExitStatus": ("78",),
    "NoNewPrivileges": ("yes", "true", "1", "on"),
}
"""What this version needs of a unit. The unit itself is no part of the installed program, so the two can't be compared
word by word; one that lacks any of it is older, or was changed."""
SECONDS = {"": 1, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}
SEE = "systemctl cat mezzotint"


def check_hardening(settings: Settings, proc: Path = PROC) -> Iterator[Finding]:
    """Does the daemon run under the unit, and is it held by it?"""
    pid = lock.owner(settings.lock_file)
    if not pid:
        return
    if not _of_service(proc, pid):
        yield Finding("hardening", "ok", "the daemon was not started by the service")
        return
    rows = (line.partition(":") for line in (proc / str(pid) / "status").read_text().splitlines())
    status = {name: value.strip() for name, _, value in rows}
    lacking = [
        what
        for what, held in (
            ("NoNewPrivileges", status.get("NoNewPrivs") == "1"),
            ("SystemCallFilter", status.get("Seccomp") == "2"),
            ("CapabilityBoundingSet", int(status.get("CapBnd", "0"), 16) == 0),
        )
        if not held
    ]
    if lacking:
        detail = f"not in force: {', '.join(lacking)}"
        yield Finding("hardening", "warn", detail, f"a drop-in takes it away, or the unit is old: {SEE}")
    else:
        yield Finding("hardening", "ok", "no new privileges, no capabilities, system calls filtered")


def check_watchdog(settings: Settings, proc: Path = PROC) -> Iterator[Finding]:
    """Would a daemon that hangs be started anew?"""
    pid = lock.owner(settings.lock_file)
    if not pid or not _of_service(proc, pid):
        return
    variables = (proc / str(pid) / "environ").read_bytes().split(b"\0")
    given = dict(each.split(b"=", 1) for each in variables if b"=" in each)
    if b"NOTIFY_SOCKET" not in given or not given.get(b"WATCHDOG_USEC", b"").isdigit():
        hint = f"WatchdogSec=60 and Type=notify are missing: {SEE}"
        yield Finding("watchdog", "warn", "none: a daemon that hangs stays as it is", hint)
    else:
        yield Finding(
            "watchdog", "ok", f"a daemon silent for {int(given[b'WATCHDOG_USEC']) / 1e6:.0f} s is started anew"
        )


def check_unit(settings: Settings, system: Path = SYSTEM) -> Iterator[Finding]:
    """Has the installed unit, with its drop-ins, what this version relies on?"""
    if not (system / UNIT).exists():
        return
    unit = _read([system / UNIT, *sorted((system / f"{UNIT}.d").glob("*.conf"))])
    wrong = [
        f"{key}={allowed[0]}" for key, allowed in RELIED_ON.items() if not set(unit.get(key, "").split()) & set(allowed)
    ]
    if "WatchdogSec" not in unit:
        wrong.append("WatchdogSec=60")
    program = Path(unit.get("ExecStart", "").split(" ")[0])
    least = settings.stop.grace_seconds + FLUSH_SECONDS + MARGIN_SECONDS
    if _seconds(unit.get("TimeoutStopSec", "90")) < least:
        wrong.append(f"TimeoutStopSec={least:.0f} or more")
    if wrong:
        detail = f"{system / UNIT} is older than this version, or was changed; it lacks: {', '.join(wrong)}"
        yield Finding("unit", "warn", detail, "install that of this version (make install-service), then daemon-reload")
    elif not program.is_file():
        detail = f"{system / UNIT} starts {program}, which is not there"
        yield Finding("unit", "fail", detail, "systemctl edit --full mezzotint: set ExecStart to the installed command")
    else:
        yield graded("unit", f"{system / UNIT} has what this version relies on", None)


def _of_service(proc: Path, pid: int) -> bool:
    return UNIT in (proc / str(pid) / "cgroup").read_text()


def _read(files: list[Path]) -> dict[str, str]:
    """The last value of each key; sections don't matter, since no two have the same key."""
    lines = [line.strip() for file in files for line in file.read_text().splitlines()]
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith(("#", ";", "[")))
    return {key.strip(): value.strip() for key, _, value in pairs}


def _seconds(text: str) -> float:
    """A span of systemd's: ``90``, ``3min``, ``1min 30s``, ``infinity``."""
    if text == "infinity":
        return float("inf")
    total = 0.0
    for part in text.split():
        number = part.rstrip("abcdefghijklmnopqrstuvwxyz")
        total += float(number) * SECONDS[part.removeprefix(number)]
    return total
