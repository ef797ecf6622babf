"""``mezzotint models check``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.models import registered
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from pipeline.models.findings import Finding


def command(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME|PATH", help="A registered model, or a folder.")],
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """List every reason not to load a model.

    No code of the model is run. The exit code is 1 when there is a reason.
    """
    invocation = Invocation.of(context, config, json)
    path, findings = _looked_at(invocation, model)
    view = {"path": str(path), "ok": not findings, "findings": [asdict(finding) for finding in findings]}
    invocation.answer(view, lambda: _tell(path, findings))
    return exits.FAILED if findings else exits.OK


def _looked_at(invocation: Invocation, model: str) -> tuple[Path, list[Finding]]:
    from pipeline.models import checks
    from pipeline.models.findings import Finding

    if "/" in model or Path(model).is_dir():
        return Path(model), checks.check(Path(model))
    registry = registered.registry(invocation)
    entry = registry.get(model)
    findings = checks.check(entry.path)
    if not findings and not registry.is_unchanged(entry):
        changed = registry.changed(entry) if entry.files else []
        findings += [Finding(name, "is not what was registered") for name in changed]
        if not changed:
            findings.append(Finding(".", "is not what was registered: its fingerprint is another one now"))
    return entry.path, findings


def _tell(path: Path, findings: list[Finding]) -> None:
    for finding in findings:
        output.text(f"{finding.file}: {finding.problem}")
    output.text(f"{path}: {f'{len(findings)} reasons not to load it' if findings else 'can be loaded'}")
