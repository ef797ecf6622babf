"""The registry as these commands see it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.errors import FatalError
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from pipeline.models.registry import ModelEntry, Registry

View = dict[str, Any]

Name = Annotated[str, typer.Argument(metavar="NAME", help="The model's name.")]


def registry(invocation: Invocation) -> Registry:
    """The registry of the state directory."""
    from pipeline.models.registry import Registry

    file = invocation.settings.models_file
    if file.parent.is_dir() and not os.access(file.parent, os.X_OK):
        raise FatalError(
            f"you may not read the models of {file.parent}",
            hint="run it as the user of the daemon: sudo -u mezzotint mezzotint models ...",
        )
    return Registry(file)


def view(entry: ModelEntry) -> View:
    """A model as it is shown."""
    return {
        "name": entry.name,
        "path": str(entry.path),
        "family": entry.family,
        "revision": entry.revision,
        "sha256": entry.sha256,
        "files": dict(entry.files),
        "licence": entry.licence,
        "description": entry.description,
        "defaults": entry.defaults.model_dump(mode="json"),
        "subjects": None if entry.subjects is None else list(entry.subjects),
    }
