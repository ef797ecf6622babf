"""The libraries: installed, and not older than what this version was made for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement

from config.settings import Settings
from daemon.doctor.finding import Finding

DISTRIBUTION = "mezzotint"


def check_libraries(settings: Settings) -> Iterator[Finding]:
    """Of each that the program asks for: is it there, in a version that fits? Nothing is imported."""
    wanted = [Requirement(line) for line in metadata.requires(DISTRIBUTION) or ()]
    needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = [finding for each in needed if (finding := _wrong(each)) is not None]
    yield from wrong
    if not wrong:
        yield Finding("libraries", "ok", f"all {len(needed)} are there and new enough")


def _wrong(wanted: Requirement) -> Finding | None:
    install = f"{sys.prefix}/bin/python -m pip install '{wanted}'"
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Finding(f"library {wanted.name}", "fail", "is not installed", install)
    if wanted.specifier.contains(version, prereleases=True):
        return None
    return Finding(f"library {wanted.name}", "fail", f"is {version}, {wanted.specifier} is needed", install)
