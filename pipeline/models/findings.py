"""What is wrong with a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import UserError


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason not to load a model. ``file`` is relative to the model's folder (``.`` is the folder itself)."""

    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


class RefusedModelError(UserError):
    """The model can't be used as it is."""

    def __init__(self, name: str, findings: Sequence[Finding], hint: str | None = None) -> None:
        self.findings = tuple(findings)
        shown = "; ".join(str(finding) for finding in self.findings[:3])
        more = len(self.findings) - 3
        super().__init__(
            f"the model {name} is refused: {shown}" + (f"; and {more} more" if more > 0 else ""),
            field="path",
            hint=hint or f"`mezzotint models check` lists every finding ({len(self.findings)})",
        )
