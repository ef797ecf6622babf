"""Finished pictures are written into a directory.

The sidecar (``cat.png.json``) is written before the picture (``cat.png``): whoever sees the picture has its record.
Both appear whole. A picture that is brought a second time finds itself by its bytes, and nothing is written.
A name that another picture has is never written over: ``cat.2.png``, ``cat.3.png`` ... follow.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from config.errors import UserError
from daemon.service import Job, Picture
from frontends.files import paths, whole_files
from pipeline import records

MAX_SIDECAR_BYTES = 1 << 20


def place(
    root: Path, name: str, data: bytes, picture: Picture, job: Job, *, sidecar: bool = True, tags: object = None
) -> None:
    """Write a picture below ``root`` under ``name`` or a name like it. Raises ``OSError``."""
    directories, own = paths.split(name)
    stem, ending = os.path.splitext(own)
    with whole_files.directory(root, directories) as parent:
        target, number = own, 1
        while not _is(parent, target, data):
            if not paths.is_there(target, parent) and _is_free_or_ours(parent, _sidecar(target), picture):
                if sidecar:
                    whole_files.write(parent, _sidecar(target), _record(data, picture, job, tags))
                whole_files.write(parent, target, data)
                return
            number += 1
            target = paths.fitted(stem, f".{number}{ending}")


def _sidecar(picture: str) -> str:
    return picture + ".json"


def _is(parent: int, target: str, data: bytes) -> bool:
    """The very picture lies there: its bytes name its own id, so no other has the same."""
    try:
        with os.fdopen(paths.open_file(target, parent), "rb") as file:
            return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
    except OSError:
        return False


def _is_free_or_ours(parent: int, sidecar: str, picture: Picture) -> bool:
    try:
        with os.fdopen(paths.open_file(sidecar, parent), "rb") as file:
            return picture.id.encode() in file.read(MAX_SIDECAR_BYTES)
    except FileNotFoundError:
        return True
    except OSError:
        if not paths.is_there(sidecar, parent):
            raise  # it is the outbox that can't be used: no other name would be free either
        return False


def _record(data: bytes, picture: Picture, job: Job, tags: object) -> bytes:
    """The record that the PNG carries, readable beside it, with the tags of the order."""
    try:
        found = records.read_png(data).record
    except UserError:
        found = None
    value = json.loads(records.to_json(found)) if found is not None else {}
    value.setdefault("picture_id", picture.id)
    value.setdefault("request", job.request.model_dump())
    if tags:
        value["tags"] = tags
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
