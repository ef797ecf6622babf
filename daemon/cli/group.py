"""A group of commands that imports a command when it is called, not before."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup


class _Commands(MutableMapping[str, Any]):
    """Commands by name, each built from ``<package>.<name>`` on first use."""

    def __init__(self, package: str, names: tuple[str, ...]) -> None:
        self._package = package
        self._built: dict[str, Any] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Any:
        if self._built[name] is None:
            self._built[name] = _build(import_module(f"{self._package}.{name}"), name)
        return self._built[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._built)

    def __len__(self) -> int:
        return len(self._built)


def _build(module: Any, name: str) -> Any:
    if hasattr(module, "GROUP"):
        return typer.main.get_command(module.GROUP)
    app = plain(name)
    app.command(name)(module.command)
    return typer.main.get_command(app)


def plain(name: str, **options: Any) -> typer.Typer:
    """A typer application without what costs time at each start: completion, rich markup, pretty tracebacks."""
    return typer.Typer(
        name=name,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **options,
    )


def lazy(package: str, names: tuple[str, ...]) -> type[TyperGroup]:
    """The class of a group whose commands are the modules ``names`` of ``package``, in that order."""

    class Lazy(TyperGroup):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.commands = _Commands(package, names)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(names)

    return Lazy
