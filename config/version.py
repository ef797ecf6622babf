"""The version of this installation."""

from __future__ import annotations

from importlib import metadata


def _installed() -> str:
    try:
        return metadata.version("mezzotint")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        return "0+unknown"


VERSION = _installed()
