"""What the Discord bot needs on this machine: its library, and a token that it may read and others may not."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from config import credentials
from config.errors import ConfigurationError
from config.settings import Settings
from daemon.doctor.credentials import OF_SERVICE
from daemon.doctor.finding import Finding

CREDENTIAL = "discord-token"
GIVE = f"LoadCredential={CREDENTIAL}:PATH for the service, or name a file: discord.token_file"


def check_discord(settings: Settings, of_service: Path = OF_SERVICE) -> Iterator[Finding]:
    """Nothing while the bot is not wanted. Discord is not asked: the status says how it is connected."""
    if not settings.discord.enabled:
        return
    if importlib.util.find_spec("discord") is None:
        yield Finding("discord library", "fail", "is not installed", 'pip install "mezzotint[discord]"')
    yield _of_file(settings.discord.token_file) if settings.discord.token_file else _of_credential(of_service)


def _of_file(path: Path) -> Finding:
    try:
        credentials.read_file(path.expanduser())
    except FileNotFoundError:
        return Finding("discord token", "fail", f"there is no file {path}", "put the token into it")
    except ConfigurationError as error:
        return Finding("discord token", "fail", error.problems[0].message, error.hint)
    return Finding("discord token", "ok", f"lies in {path}")


def _of_credential(of_service: Path) -> Finding:
    named = os.environ.get("CREDENTIALS_DIRECTORY")
    directory = Path(named) if named else of_service
    if not (directory / CREDENTIAL).is_file():
        # Without credentials of its own this process can't know what the service would be given at its start.
        known = named is not None or directory.is_dir()
        return Finding("discord token", "fail" if known else "warn", f"the credential {CREDENTIAL} is not there", GIVE)
    return Finding("discord token", "ok", f"is the credential {CREDENTIAL}")  # its rights are judged with all others
