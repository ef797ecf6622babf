"""``model_index.json``: it names the classes that will be built, so that only known ones may stand in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pipeline.models.content import read_json
from pipeline.models.families import BY_PIPELINE_CLASS, COMPONENT_CLASSES
from pipeline.models.findings import Finding

NAME = "model_index.json"
COMPONENT = re.compile(r"[a-z][a-z0-9_]{0,63}")


def check(root: Path) -> list[Finding]:
    """Which classes it names, and that each part is there."""
    file = root / NAME
    if not file.is_file():
        return [Finding(NAME, "is missing: this is not a diffusers pipeline folder")]
    try:
        content = read_json(file)
    except (ValueError, OSError) as error:
        return [Finding(NAME, str(error))]
    findings = classes(content)
    if isinstance(content, dict):
        findings += [
            Finding(NAME, f"names the part {part}, and there is no such folder")
            for part, value in content.items()
            if isinstance(value, list) and not _component(part, value) and value != [None, None]
            if not (root / part).is_dir()
        ]
    return findings


def classes(content: Any) -> list[Finding]:
    """What is wrong with the classes that it names, whatever lies beside it."""
    if not isinstance(content, dict):
        return [Finding(NAME, "is not an object")]
    findings = []
    class_name = content.get("_class_name")
    if not isinstance(class_name, str) or class_name not in BY_PIPELINE_CLASS:
        known = ", ".join(sorted(BY_PIPELINE_CLASS))
        shown = repr(class_name)[:80]
        findings.append(Finding(NAME, f"names the pipeline {shown}, which is not one of: {known}"))
    for part, value in content.items():
        if isinstance(value, list):
            findings += [Finding(NAME, problem) for problem in _component(part, value)]
    return findings


def _component(part: str, value: list[Any]) -> list[str]:
    if value == [None, None]:
        return []
    if len(value) != 2 or not all(isinstance(each, str) for each in value) or not COMPONENT.fullmatch(part):
        return [f"describes the part {part[:80]!r} wrongly"]
    library, class_name = value
    if class_name not in COMPONENT_CLASSES.get(library, ()):
        return [f"wants the class {library[:60]}.{class_name[:60]} for {part}, which is not on the list of known ones"]
    return []
