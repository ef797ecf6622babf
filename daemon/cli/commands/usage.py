"""``mezzotint usage``: what each has used and may use."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config import scopes
from config.errors import UserError
from daemon.cli import exits, options, output
from daemon.cli.client import Client, segment
from daemon.cli.invocation import Invocation

AT_ONCE = 200
KINDS = ("owner", *scopes.KINDS)


def command(
    context: typer.Context,
    scope: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCOPE]",
            help="owner:cli:anna (or cli:anna); role:, guild:, channel:, member:, folder:, schedule:NAME; all if open.",
        ),
    ] = None,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Show what was used today and this month, and what is left of the quotas."""
    invocation = Invocation.of(context, config, json)
    if scope is None:
        found = _all(invocation.client)
        invocation.answer(found, lambda: _table(found))
        return exits.OK
    name = scope if scope.partition(":")[0] in KINDS else f"owner:{scope}"
    try:
        view = invocation.client.get(f"/v1/usage/{segment(name)}")
    except UserError as error:
        raise exits.UsageError(error.message, field=error.field, hint=error.hint) from None
    invocation.answer(view, lambda: _one(view))
    return exits.OK


def _all(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = client.get("/v1/usage", after=found[-1]["scope"] if found else None, limit=AT_ONCE)
        found += page
        if len(page) < AT_ONCE:
            return found


def _table(views: list[dict[str, Any]]) -> None:
    if not views:
        output.text("nothing was used yet")
        return
    heads = ("SCOPE", "PICTURES TODAY", "THIS MONTH", "GPU-S TODAY", "THIS MONTH", "STORED")
    rows = [
        (
            view["scope"],
            *(_brief(view[period][what]) for what in ("pictures", "gpu_seconds") for period in ("day", "month")),
            _brief(view["stored"], _size),
        )
        for view in views
    ]
    output.table(heads, rows)


def _one(view: dict[str, Any]) -> None:
    output.text(view["scope"] + (f"  ({', '.join(view['groups'])})" if view["groups"] else ""))
    for kind in ("day", "month"):
        period = view[kind]
        output.text(f"  {kind} {period['period']}, until {period['ends']}")
        output.text(f"    pictures     {_long(period['pictures'])}")
        output.text(f"    GPU-seconds  {_long(period['gpu_seconds'])}")
    output.text(f"  stored         {view['stored_pictures']} pictures, {_long(view['stored'], _size)}")
    if view["max_queued"] is not None:
        output.text(f"  waiting jobs   at most {view['max_queued']}")


def _number(amount: float) -> str:
    return f"{amount:.10g}" if amount == int(amount) else f"{amount:.1f}"


def _size(amount: float) -> str:
    size, unit = amount, "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{_number(size)} {unit}"


def _brief(amount: dict[str, Any], said: Any = _number) -> str:
    used = said(amount["used"] + amount["held"])
    return used if amount["limit"] is None else f"{used} of {said(amount['limit'])}"


def _long(amount: dict[str, Any], said: Any = _number) -> str:
    parts = [f"{said(amount['used'])} used"]
    if amount["held"]:
        parts.append(f"{said(amount['held'])} reserved")
    if amount["limit"] is not None:
        parts.append(f"{said(amount['left'])} of {said(amount['limit'])} left ({amount['rule']})")
    return ", ".join(parts)
