"""``mezzotint export``: the whole record of jobs, for other programs."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from config.errors import FatalError
from daemon.cli import exits, options, output, private
from daemon.cli.client import Client
from daemon.cli.exits import UsageError
from daemon.cli.invocation import Invocation
from daemon.cli.records import Form, form_of
from daemon.cli.times import moment


def command(
    context: typer.Context,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Accepted then or later.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Accepted before.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="For example done or failed.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="SOURCE:NAME", help="Of this owner.")] = None,
    form: Annotated[str, typer.Option("--format", help="jsonl (a job a line) or csv (a picture a row).")] = "jsonl",
    events: Annotated[bool, typer.Option("--events", help="With the history of each job (jsonl).")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it whole or not at all.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --out replace a file.")] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Write the whole record of jobs, the oldest first.

    TIME is a date or a time in ISO 8601 (2026-11-24, 2026-11-24T18:00:00Z), or 30d for thirty days ago.
    """
    invocation = Invocation.of(context, config, json)
    written = form_of(form)
    if json and out is None:
        raise UsageError("--json needs --out", field="out", hint="without it the records themselves go to stdout")
    if out is not None and out.exists() and not force:
        raise UsageError(f"--out: {out} exists already", field="out", hint="choose another name, or add --force")
    query: dict[str, Any] = {
        "since": None if since is None else moment("--since", since),
        "until": None if until is None else moment("--until", until),
        "state": state,
        "owner": owner,
        "events": events or None,
    }
    with private.daemon(invocation, draws=False) as client:
        if out is None:
            _write(client, query, written, _Standard())
            return exits.OK
        with _whole(out) as file:
            jobs = _write(client, query, written, file)
    view = {"path": str(out.absolute()), "jobs": jobs, "bytes": out.stat().st_size}
    invocation.answer(view, lambda: output.text(f"{view['path']}: {jobs} jobs"))
    return exits.OK


def _write(client: Client, query: dict[str, Any], form: Form, file: Any) -> int:
    jobs, after = 0, 0
    file.write(form.head())
    while True:
        page = client.get("/v1/records", **query, after=after)
        file.write("".join(form.lines(record) for record in page["records"]))
        jobs += len(page["records"])
        if page["next"] is None:
            return jobs
        after = page["next"]


class _Standard:
    """Standard output; who reads it may leave."""

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise output.ReaderGoneError from None


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """A file that has its name once all of it is on the disk."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise FatalError(f"can't write {path}: {error.strerror}", field="out") from None
    finally:
        part.unlink(missing_ok=True)
