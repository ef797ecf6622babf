"""Commands about the model registry. They work on its file, with or without a daemon."""

from __future__ import annotations

from daemon.cli.group import lazy, plain

COMMANDS = ("list", "show", "add", "check", "remove")

GROUP = plain("models", cls=lazy("daemon.cli.commands.models", COMMANDS), no_args_is_help=True)


@GROUP.callback()
def models() -> None:
    """The models that can be named in a request."""
