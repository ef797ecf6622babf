"""The command that says all of a schedule: ``add`` and ``edit`` take the same, and differ in what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from daemon.cli import asking, exits, options
from daemon.cli.client import Client
from daemon.cli.commands.schedule import definition, given, told
from daemon.cli.invocation import Invocation

Send = Callable[[Client, str, dict[str, Any]], Any]
"""Sends the daemon the name of a schedule and what it is; gives what it answers."""


def ordering(send: Send, description: str) -> Callable[..., int]:
    """The command with this description."""

    def command(
        context: typer.Context,
        name: given.Name,
        prompt: options.Prompt,
        cron: definition.Cron = None,
        every: definition.Every = None,
        calendar: definition.Calendar = None,
        at: definition.At = None,
        tz: definition.Zone = None,
        catch_up: definition.CatchUp = "one",
        gap: definition.Gap = "next",
        overlap: definition.Overlap = "first",
        jitter: definition.Jitter = None,
        starts: definition.Starts = None,
        ends: definition.Ends = None,
        max_runs: definition.MaxRuns = None,
        max_in_flight: definition.MaxInFlight = 1,
        quiet_hours: definition.QuietHours = None,
        owner: definition.Owner = None,
        seed_rule: definition.SeedRule = None,
        list_: definition.Lists = None,
        evolve: definition.Evolve = False,
        folder: definition.Folder = None,
        webhook: definition.Webhook = None,
        seed: options.Seed = None,
        steps: options.Steps = None,
        size: options.Size = None,
        count: options.Count = 1,
        model: options.Model = None,
        scheduler: options.Scheduler = None,
        guidance: options.Guidance = None,
        negative: options.Negative = "",
        image: options.Image = None,
        strength: options.Strength = None,
        deterministic: options.Deterministic = False,
        config: options.Config = None,
        json: options.Json = False,
    ) -> int:
        invocation = Invocation.of(context, config, json)
        asked = asking.Asked(
            prompt=prompt,
            seed=seed,
            steps=steps,
            size=size,
            count=count,
            model=model,
            scheduler=scheduler,
            guidance=guidance,
            negative=negative,
            image=image,
            strength=strength,
            deterministic=deterministic,
            evolve=evolve,
        )
        body = definition.body(
            name,
            asked,
            invocation.settings.limits.max_image_bytes,
            list_ or [],
            cron=cron,
            every=every,
            calendar=calendar,
            at=at,
            time_zone=tz,
            catch_up=catch_up,
            gap=gap,
            overlap=overlap,
            jitter=jitter,
            starts_at=starts,
            ends_at=ends,
            max_runs=max_runs,
            max_in_flight=max_in_flight,
            quiet_hours=quiet_hours,
            owner=owner,
            seed_rule=seed_rule,
            folder=folder,
            webhook=webhook,
        )
        with given.daemon(invocation) as client:
            view = send(client, name, body)
        invocation.answer(view, lambda: told.schedule(view))
        return exits.OK

    command.__doc__ = description
    return command
