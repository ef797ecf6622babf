"""Whether a folder is fit to be loaded as a model. No torch, no code of the model: files are only looked at."""

from __future__ import annotations

from pathlib import Path

from pipeline import starter
from pipeline.models import content, folder, index
from pipeline.models.findings import Finding


def check(path: Path) -> list[Finding]:
    """Every reason not to load it; an empty list when there is none. Reads headers and texts, not the weights."""
    if path.is_file():
        return [Finding(".", "is a file; a model is a folder with model_index.json (convert single files first)")]
    if not path.is_dir():
        return [Finding(".", "there is no such folder")]
    try:
        files, findings = folder.survey(path)
    except OSError as error:
        return [Finding(".", f"can't be read: {error.strerror or error}")]
    ours = path.resolve() == starter.folder()
    for file in files:
        if not (ours and _is_the_package(file.relative_to(path))):
            findings += content.check(file, path)
    return findings + index.check(path)


def _is_the_package(name: Path) -> bool:
    """The starter lies in a package of ours, whose own modules no loader of models looks at."""
    return name.parts[0] in ("__init__.py", "__pycache__", "training")
