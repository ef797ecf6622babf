"""``mezzotint doctor``: is this machine fit for it?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from daemon.doctor import Finding


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Examine this machine: is it fit for the daemon?

    Clock, disk, limits, permissions, device, libraries. The exit code is 1 when something must change.
    """
    invocation = Invocation.of(context, config, json)
    from daemon import doctor

    findings = doctor.examine(invocation.settings)
    failed = any(finding.level == "fail" for finding in findings)
    view = {"ok": not failed, "findings": [asdict(finding) for finding in findings]}
    invocation.answer(view, lambda: _tell(findings))
    return exits.FAILED if failed else exits.OK


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        output.text(f"{finding.level:4}  {finding.name}: {finding.detail}")
        if finding.hint and finding.level != "ok":
            output.text(f"      {finding.hint}")
