"""The figures as JSON, and as the part of a model card that they fill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.starter.training import checkpoint
from pipeline.starter.training.evaluation.tally import Tally

Figures = Mapping[str, Any]
KINDS = ("judged", "painted", "shuffled")
"""What the model draws; painted scenes, which are right; right and wrong mixed up, which shows what guessing gives."""


def tallies(found: Mapping[str, Tally]) -> dict[str, dict[str, float | int | None]]:
    """As JSON holds them."""
    return {name: {"right": each.right, "of": each.of, "share": each.share} for name, each in found.items()}


def stages(out: Path) -> dict[str, Any]:
    """Steps, seconds and last loss of each stage that left a checkpoint."""
    files = sorted((out / "checkpoints").glob("*.safetensors"))
    facts = {file.stem: checkpoint.read(file)[1] for file in files}
    return {name: {key: each[key] for key in ("step", "spent_seconds", "loss")} for name, each in facts.items()}


def write(folder: Path, figures: Figures) -> None:
    """``figures.json`` and ``card.md``."""
    checkpoint.write_bytes(folder / "figures.json", (json.dumps(figures, indent=2) + "\n").encode())
    checkpoint.write_bytes(folder / "card.md", card(figures).encode())


def card(figures: Figures) -> str:
    """Markdown tables: the networks, how they learnt, what they can do beside what guessing gives."""
    lines = ["| network | parameters |", "|---|---|"]
    lines += [f"| {name} | {number / 1e6:.1f} M |" for name, number in figures["parameters"].items()]
    lines += ["", "| stage | steps | seconds | loss |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {each['step']} | {each['spent_seconds']:.0f} | {each['loss']:.3f} |"
        for name, each in figures["stages"].items()
    ]
    lines += ["", "| judged | right | of | share | painted scenes | mixed up |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {each['right']} | {each['of']} | {_percent(each['share'])} "
        f"| {_percent(figures['painted'][name]['share'])} | {_percent(figures['shuffled'][name]['share'])} |"
        for name, each in figures["judged"].items()
    ]
    if "control" in figures:
        found = figures["control"]
        lines += ["", f"Edges followed: {found['with']:.2f} with the ControlNet, {found['without']:.2f} without."]
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "none judged" if share is None else f"{100 * share:.1f} %"
