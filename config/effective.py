"""The settings in force, written out for people and programs."""

from __future__ import annotations

from typing import Any

from config.folders import owner, places
from config.settings import Settings


def effective(settings: Settings) -> dict[str, Any]:
    """Every setting as a JSON value, with the places of folders and models filled in."""
    values = settings.model_dump(mode="json")
    values["http"]["socket_path"] = str(settings.control_socket)
    for shown, folder in zip(values["watch_folder"]["folders"], settings.watch_folder.folders, strict=True):
        own = places(settings.state_dir, folder)
        shown.update(path=str(own.path), outbox=str(own.outbox), done=str(own.done), failed=str(own.failed))
        shown["owner"] = owner(folder)
    values["models"]["directory"] = str(settings.models_directory)
    return values
