"""Orders for engines, for tests that speak to one."""

from __future__ import annotations

from typing import Any

from pipeline.messages import Draw, ModelPlace, Task

PLACE = ModelPlace(name="starter", path="/nowhere", family="sd", sha256="0" * 64)


def task(**fields: Any) -> Task:
    """A small quick picture, with ``fields`` changed."""
    return Task(
        **{
            "prompt": "a cat",
            "negative_prompt": "",
            "width": 64,
            "height": 64,
            "count": 1,
            "steps": 4,
            "guidance_scale": 5.0,
            "scheduler": "Euler",
            "seed": 1,
            "denoising_strength": None,
            "deterministic": False,
            **fields,
        }
    )


def draw(
    job: str,
    *,
    attempt: int = 1,
    urgency: int = 0,
    deadline_seconds: float = 600.0,
    image_png: bytes | None = None,
    previews: bool = False,
    model: ModelPlace = PLACE,
    **fields: Any,
) -> Draw:
    """An order; further ``fields`` are the task's."""
    return Draw(
        job=job,
        attempt=attempt,
        task=task(**fields),
        model=model,
        urgency=urgency,
        deadline_seconds=deadline_seconds,
        image_png=image_png,
        previews=previews,
    )
