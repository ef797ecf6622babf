"""``mezzotint status``: how things stand."""

from __future__ import annotations

from typing import Any

import typer

from daemon import words
from daemon.cli import exits, options, output, told
from daemon.cli.invocation import Invocation
from daemon.cli.told import about, age


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Show what the daemon is doing."""
    invocation = Invocation.of(context, config, json)
    view = invocation.client.get("/v1/status")
    invocation.answer(view, lambda: _tell(view))
    return exits.OK


def _tell(view: dict[str, Any]) -> None:
    daemon = view["daemon"]
    output.text(
        f"mezzotint {daemon['version']}, pid {daemon['pid']}, {daemon['state']} for {told.age(daemon['uptime_s'])}"
    )
    for engine in view["engines"]:
        output.text(f"engine   {_engine(engine)}")
    counts = ", ".join(f"{count} {state}" for state, count in view["queue"].items() if count) or "empty"
    output.text(f"queue    {counts}{' (paused: none is started)' if view['paused'] else ''}")
    for lane in view["lanes"]:
        if lane["queued"] or lane["running"] or lane["engine_seconds"]:
            output.text(f"lane     {_lane(lane)}")
    if view["deliveries"]["waiting"] or view["deliveries"]["given_up"]:
        output.text(f"outbox   {view['deliveries']['waiting']} waiting, {view['deliveries']['given_up']} given up")
    if retention := view["retention"]:
        output.text(f"keeping  {_retention(retention)}")
    for each in view["front_ends"]:
        output.text(f"{each['name']:8} {': '.join(filter(None, (each['state'], each['detail'])))}")
    for each in view["degraded"]:
        output.text(f"degraded {each['what']}, for {told.since(each['since'])}: {each['why']} ({each['heals']})")


def _retention(view: dict[str, Any]) -> str:
    rules = f"{view['rules']} rule{'s' if view['rules'] != 1 else ''}"
    if view["at"] is None:
        return f"{rules}, not carried out yet"
    return f"{rules}, last {told.since(view['at'])} ago: {view['jobs']} jobs went, {words.size(view['bytes'])}"


def _lane(lane: dict[str, Any]) -> str:
    told = [f"{lane['queued']} queued", f"{lane['running']} running"]
    if lane["oldest_seconds"] is not None:
        told.append(f"the oldest waits for {age(lane['oldest_seconds'])}")
    if lane["share"] is not None:
        told.append(f"{lane['share']:.0%} of the engine in the last hour")
    if lane["eta_s"] is not None:
        told.append(f"the last is done in {about(lane['eta_s'])}")
    return f"{lane['name']}: {', '.join(told)}"


def _engine(engine: dict[str, Any]) -> str:
    if engine["state"] == "freed":
        return "models freed: the engine has ended, and starts again with: mezzotint resume"
    told = [engine["state"], engine["device"], f"model {engine['model']}" if engine["model"] else None]
    work = (
        f"{engine['active']} active, {engine['parked']} parked, {engine['forwards']} forwards, {engine['steps']} steps"
    )
    return ", ".join(part for part in (*told, work) if part)
