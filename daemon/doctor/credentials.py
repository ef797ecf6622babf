"""The secrets that were handed over: usable, and closed to others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from config import credentials
from config.errors import ConfigurationError
from config.settings import Settings
from daemon.doctor.finding import Finding, Level
from daemon.doctor.places import user

OF_SERVICE = Path("/run/credentials/mezzotint.service")


def check_credentials(settings: Settings, of_service: Path = OF_SERVICE) -> Iterator[Finding]:
    """Each in the directory that this process was given, else in that of the service that runs."""
    named = os.environ.get("CREDENTIALS_DIRECTORY")
    directory = Path(named) if named else of_service
    if not named and (os.geteuid() == 0 or not directory.is_dir()):
        return  # root sees the mask of an access list there, not who may read
    if not directory.is_dir():
        yield Finding("credentials", "warn", f"CREDENTIALS_DIRECTORY is {directory}, which is not there", "unset it")
        return
    for path in sorted(directory.iterdir()):
        yield _credential(path)


def check_webhooks(settings: Settings, of_service: Path = OF_SERVICE) -> Iterator[Finding]:
    """Each host that may be told has a secret to sign with: nothing is sent unsigned."""
    named = os.environ.get("CREDENTIALS_DIRECTORY")
    directory = Path(named) if named else of_service
    for secret in sorted({host.signed_with for host in settings.webhooks.hosts}):
        name = f"webhook secret {secret}"
        hosts = ", ".join(host.name for host in settings.webhooks.hosts if host.signed_with == secret)
        # Without credentials of its own this process can't know what the service would be given at its start.
        if (why := _unusable(directory, secret)) is None:
            yield Finding(name, "ok", f"signs what is told to {hosts}")
        else:
            hint = f"give it to the service: LoadCredential={secret}:PATH, or run with CREDENTIALS_DIRECTORY set"
            level: Level = "fail" if named or directory.is_dir() else "warn"
            yield Finding(name, level, f"nothing is told to {hosts}: {why}", hint)


def _unusable(directory: Path, secret: str) -> str | None:
    from frontends.webhooks import signing

    if directory == OF_SERVICE and os.geteuid() == 0:  # as above: the rights that root sees say nothing
        return None if (directory / secret).is_file() else f"the credential {secret} is not there"
    try:
        signing.secrets(secret, {"CREDENTIALS_DIRECTORY": str(directory)})
    except signing.NoSecretError as error:
        return str(error)
    return None


def _credential(path: Path) -> Finding:
    name = f"credential {path.name}"
    if not credentials.NAME.fullmatch(path.name):
        return Finding(name, "warn", "is not a name that is asked for", f"remove it: rm {path}")
    try:
        credentials.read(path.name, {"CREDENTIALS_DIRECTORY": str(path.parent)})
    except ConfigurationError as error:
        return Finding(name, "fail", error.problems[0].message, error.hint)
    about = path.stat()
    return Finding(name, "ok", f"usable, of {user(about.st_uid)} ({stat.S_IMODE(about.st_mode):04o})")
