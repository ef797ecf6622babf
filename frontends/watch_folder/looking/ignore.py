"""What is never an order: temporary names of writers and downloads, and the folders systems leave behind."""

from __future__ import annotations

from fnmatch import fnmatchcase

from frontends.watch_folder.orders.kinds import FOLDER_SETTINGS

_FILES = frozenset({"desktop.ini", "thumbs.db", FOLDER_SETTINGS})
_DIRECTORIES = frozenset({"@eadir", "__macosx"})
_TEMPORARY = (
    "~*",
    "*~",
    "*.tmp",
    "*.part",
    "*.partial",
    "*.crdownload",
    "*.filepart",
    "*.download",
    "*.swp",
    "_unpack_*",
)
_OURS = "*.error.txt"  # people move the whole of failed/ back


def ignored_file(name: str) -> bool:
    """True for the own name of a file that is not (yet) an order.

    Dotfiles cover ``._*``, ``.DS_Store`` and ``.syncthing.*.tmp``.
    """
    low = name.lower()
    return low.startswith(".") or low in _FILES or any(fnmatchcase(low, shape) for shape in (*_TEMPORARY, _OURS))


def ignored_directory(name: str) -> bool:
    """True for a directory that is neither entered nor watched: ``.stfolder``, ``.processing``, ``@eaDir`` ..."""
    low = name.lower()
    return low.startswith(".") or low in _DIRECTORIES or any(fnmatchcase(low, shape) for shape in _TEMPORARY)
