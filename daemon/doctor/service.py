"""What systemd adds: the hardening in force on the running daemon, and the secrets that were handed over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from config import credentials
from config.errors import ConfigurationError
from config.settings import Settings
from daemon import lock
from daemon.doctor.finding import Finding

INSTALLED = Path("/etc/systemd/system/mezzotint.service")
SHIPPED = Path(__file__).resolve().parents[2] / "systemd" / "mezzotint.service"
BOUNDARY = "mezzotint.service"


def check_hardening(settings: Settings, proc: Path = Path("/proc")) -> Iterator[Finding]:
    """Does the daemon run under the unit, and is it held by it?"""
    pid = lock.owner(settings.lock_file)
    if not pid:
        return
    if BOUNDARY not in (proc / str(pid) / "cgroup").read_text():
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
        yield Finding("hardening", "warn", detail, "systemctl cat mezzotint: a drop-in takes it away, or it is old")
    else:
        yield Finding("hardening", "ok", "no new privileges, no capabilities, system calls filtered")


def check_unit(settings: Settings, installed: Path = INSTALLED, shipped: Path = SHIPPED) -> Iterator[Finding]:
    """Is the installed unit that of this checkout?"""
    if not installed.exists() or not shipped.exists():
        return
    same = installed.read_text().replace(sys.prefix, "/opt/mezzotint") == shipped.read_text()
    hint = None if same else "sudo make install-service && sudo systemctl restart mezzotint"
    detail = "as shipped" if same else f"{installed} differs from the one of this version"
    yield Finding("unit", "ok" if same else "warn", detail, hint)


def check_credentials(settings: Settings) -> Iterator[Finding]:
    """Are the secrets that were handed over usable, and closed to others?"""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return
    for path in sorted(Path(directory).iterdir()):
        if not credentials.NAME.fullmatch(path.name):
            yield Finding(f"credential {path.name}", "warn", "is not a name that is asked for", "remove it")
            continue
        try:
            credentials.read(path.name, os.environ)
            yield Finding(f"credential {path.name}", "ok", "usable, closed to others")
        except ConfigurationError as error:
            yield Finding(f"credential {path.name}", "fail", error.problems[0].message, error.hint)
