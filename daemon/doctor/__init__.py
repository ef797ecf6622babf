"""Looks at everything around the daemon that commonly goes wrong, without changing anything.

``examine`` is for ``mezzotint doctor``; each check is a function of the settings that returns findings and
never raises: what it can't look at is itself a finding.
"""

from __future__ import annotations

from functools import partial

from config.settings import Settings
from daemon.doctor import (
    clock,
    control_socket,
    credentials,
    database,
    discord,
    disk,
    engine,
    folders,
    leftovers,
    libraries,
    limits,
    models,
    running,
    service,
    state_directory,
)
from daemon.doctor.finding import Check, Finding, Level
from daemon.doctor.places import as_owner, me
from daemon.doctor.running import Ask

__all__ = ["Finding", "Level", "examine"]


def examine(
    settings: Settings, *, device: bool = True, thorough: bool = False, ask: Ask | None = None
) -> list[Finding]:
    """Everything, in the order an operator would look.

    ``device`` starts a child that imports torch (seconds); ``thorough`` reads every byte of the database and the models
    (minutes, where they are large); ``ask`` reaches a daemon that runs.
    """
    checks = _checks(device=device, thorough=thorough, ask=ask)
    return [finding for name, check in checks for finding in _carefully(name, check, settings)]


def _checks(*, device: bool, thorough: bool, ask: Ask | None) -> list[tuple[str, Check]]:
    return [
        ("daemon", running.check_daemon),
        *([("status", partial(running.check_status, ask=ask))] if ask else ()),
        ("clock", clock.check_clock),
        ("time synchronisation", clock.check_synchronised),
        ("time zone", clock.check_time_zone),
        ("state directory", state_directory.check_state_directory),
        ("disk", disk.check_disk),
        ("inodes", disk.check_inodes),
        ("fsync", disk.check_fsync),
        ("file system", disk.check_file_system),
        ("database", partial(database.check_database, thorough=thorough)),
        ("sqlite", database.check_sqlite),
        ("libraries", libraries.check_libraries),
        ("folders", folders.check_folders),
        ("moves", folders.check_moves),
        ("inotify", limits.check_inotify),
        ("open files", limits.check_open_files),
        ("memory", limits.check_memory),
        ("models", partial(models.check_models, thorough=thorough)),
        ("quarantine", leftovers.check_quarantine),
        ("unfinished files", leftovers.check_parts),
        ("unfinished restore", leftovers.check_restores),
        ("unfinished backup", leftovers.check_backups),
        ("unfinished pull", leftovers.check_pulls),
        ("control socket", control_socket.check_control_socket),
        ("credentials", credentials.check_credentials),
        ("webhooks", credentials.check_webhooks),
        ("discord", discord.check_discord),
        ("hardening", service.check_hardening),
        ("watchdog", service.check_watchdog),
        ("unit", service.check_unit),
        ("engine", engine.check_engine),
        *([("device", engine.check_device)] if device else ()),
    ]


def _carefully(name: str, check: Check, settings: Settings) -> list[Finding]:
    try:
        return list(check(settings))
    except PermissionError as error:
        return [Finding(name, "warn", f"{me()} may not look at it: {error.filename or error}", as_owner(settings))]
    except Exception as error:  # a check that can't look says so; the others still look
        detail = f"can't be looked at: {error} ({type(error).__name__})"
        return [Finding(name, "warn", detail, "look at it by hand; the other findings hold all the same")]
