"""The entry: reads the arguments, calls the command, and says every error in the form that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from config.errors import MezzotintError
from daemon.cli import exits, options, output
from daemon.cli.group import lazy, plain
from daemon.cli.invocation import Invocation

COMMANDS = (
    "draw",
    "submit",
    "jobs",
    "show",
    "cancel",
    "retry",
    "pause",
    "resume",
    "verify",
    "status",
    "top",
    "events",
    "usage",
    "schedule",
    "models",
    "backup",
    "restore",
    "prune",
    "export",
    "run",
    "reload",
    "check",
    "doctor",
)


LONGEST_MESSAGE = 400
"""Of what the parser of the arguments complains about."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in (given[: given.index("--")] if "--" in given else given)
    # Before anything imports pydantic: looking for plugins of it takes a quarter of a command's start-up.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    for stream in (sys.stdout, sys.stderr):
        # What a terminal can't show is no reason to fail.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        return _carried_out(given, as_json)
    except output.ReaderGoneError:
        # Python would complain once more while it exits: let it write to nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return exits.OK


def _carried_out(given: list[str], as_json: bool) -> int:
    try:
        code = typer.main.get_command(_application()).main(given, prog_name="mezzotint", standalone_mode=False)
        return code if isinstance(code, int) else exits.OK
    except MezzotintError as error:
        return _said(error, as_json)
    except TyperException as error:
        return _said(_usage(error), as_json)
    except (KeyboardInterrupt, typer.Abort):
        return exits.INTERRUPTED
    except output.ReaderGoneError:
        raise
    except Exception as error:
        # The command line's own boundary: a defect is told in a line, not in a traceback.
        return _said(_defect(error), as_json)


def _application() -> typer.Typer:
    app = plain("mezzotint", cls=lazy("daemon.cli.commands", COMMANDS), invoke_without_command=True)
    app.callback()(mezzotint)
    return app


def mezzotint(
    context: typer.Context,
    config: options.Config = None,
    json: options.Json = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Draw pictures from words: one daemon, one queue, every picture recorded.

    A first picture, no daemon needed: mezzotint draw "a red apple"
    """
    context.obj = Invocation(config, json)
    if version:
        from config.version import VERSION

        context.obj.answer({"version": VERSION}, lambda: output.text(f"mezzotint {VERSION}"))
        raise typer.Exit
    context.obj.must_go_on(context)


def _said(error: MezzotintError, as_json: bool) -> int:
    output.error(error, as_json=as_json)
    return exits.code_of(error)


def _usage(error: TyperException) -> exits.UsageError:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "mezzotint"
    message = message[:1].lower() + message[1:]  # which quotes what was typed, however long that is
    return exits.UsageError(output.shortened(message, LONGEST_MESSAGE), hint=f"see: {command} --help")


def _defect(error: Exception) -> exits.DefectError:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return exits.DefectError(
        f"unexpected {type(error).__name__}: {error}{place}", hint="this is a defect of mezzotint; please report it"
    )


if __name__ == "__main__":
    sys.exit(main())
