"""What every command has: the options given before and after its name, and what follows from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from config.errors import ConfigurationError
from daemon.cli import exits, output
from daemon.cli.client import Client

if TYPE_CHECKING:
    from config.settings import Settings


@dataclass(frozen=True)
class Invocation:
    """One call of the command."""

    config: Path | None
    as_json: bool

    @classmethod
    def of(cls, context: typer.Context, config: Path | None, as_json: bool) -> Invocation:
        """Options after the command win over those before it."""
        before = context.find_object(Invocation) or cls(None, False)
        invocation = cls(config or before.config, as_json or before.as_json)
        context.call_on_close(invocation.close)
        return invocation

    def close(self) -> None:
        """Leave the daemon, if it was called at all."""
        if "client" in self.__dict__:
            self.client.close()

    @cached_property
    def settings(self) -> Settings:
        """The effective settings; raises :class:`config.errors.ConfigurationError` with every problem."""
        return self.load()

    def load(self) -> Settings:
        """The settings as they are now, read anew."""
        from config import sources

        return sources.load(self.config, os.environ)

    @cached_property
    def client(self) -> Client:
        """The daemon of this state directory, whether it runs or not.

        One that runs can be reached although its configuration has become wrong meanwhile.
        """
        from config import sources

        try:
            return self.settings_client()
        except ConfigurationError:
            running = Client(sources.guessed_socket(self.config, os.environ))
            if not running.answers():
                raise
            return running

    def settings_client(self) -> Client:
        """A connection of its own to the daemon that the settings name."""
        return Client(self.settings.control_socket, self.settings.lock_file)

    def must_go_on(self, context: typer.Context) -> None:
        """A group alone is no command: show what there is, and end as for a wrong use."""
        if context.invoked_subcommand is None:
            if self.as_json:
                raise exits.UsageError("a command is missing", hint=f"see: {context.command_path} --help")
            output.block(context.get_help())
            raise typer.Exit(exits.USAGE)

    def answer(self, value: Any, tell: Callable[[], None]) -> None:
        """Print the document, or tell it in words."""
        if self.as_json:
            output.document(value)
        else:
            tell()
