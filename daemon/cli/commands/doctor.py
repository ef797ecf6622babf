"""``mezzotint doctor``: is this machine fit for it?"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.errors import ConfigurationError
from daemon.cli import exits, options, output
from daemon.cli.client import Client
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from daemon.doctor import Finding

PATIENCE_SECONDS = 5.0
"""A daemon that hangs must not hold up whoever looks what is wrong with it."""


def command(
    context: typer.Context,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Read every byte of the database and of the models, too.")
    ] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Examine this machine: is it fit for the daemon?

    Clock, disk, rights, database, libraries, models, limits, service, device. Nothing is changed.
    The exit code is 1 when something must change.
    """
    invocation = Invocation.of(context, config, json)
    findings = _findings(invocation, thorough=thorough)
    failed = any(finding.level == "fail" for finding in findings)
    view = {"ok": not failed, "findings": [asdict(finding) for finding in findings]}
    invocation.answer(view, lambda: _tell(findings))
    return exits.FAILED if failed else exits.OK


def _findings(invocation: Invocation, *, thorough: bool) -> list[Finding]:
    """With a wrong configuration: that, and what can be said of the machine without one."""
    from daemon import doctor

    try:
        settings = invocation.settings
    except ConfigurationError as error:
        return [*_wrong(error), *_without_settings()]

    def ask() -> Any:
        client = Client(settings.control_socket, settings.lock_file, PATIENCE_SECONDS)
        try:
            return client.get("/v1/status")
        finally:
            client.close()

    return doctor.examine(settings, thorough=thorough, ask=ask)


def _wrong(error: ConfigurationError) -> list[Finding]:
    from config.errors import Problem
    from daemon.doctor import Finding

    problems = error.problems or (Problem(error.field or "", error.message, error.hint),)
    see = "mezzotint check"
    return [Finding("configuration", "fail", f"{each.key}: {each.message}", each.hint or see) for each in problems]


def _without_settings() -> list[Finding]:
    """What can be said of the machine when the settings can't be understood: the defaults are taken, but no folder."""
    from config import state_directory
    from config.settings import Settings, WatchFolderSettings
    from daemon import doctor

    try:
        state_dir = state_directory.default(os.environ)
    except ConfigurationError:
        return []
    return doctor.examine(Settings(state_dir=state_dir, watch_folder=WatchFolderSettings(enabled=False)), device=False)


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        output.text(f"{finding.level:4}  {finding.name}: {finding.detail}")
        if finding.hint and finding.level != "ok":
            output.text(f"      {finding.hint}")
