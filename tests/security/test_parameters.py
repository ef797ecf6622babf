"""Parameters of strangers, over HTTP and typed: what reaches an engine is in bounds, anything else is refused by name."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import UserError
from config.settings import Settings
from daemon import directories
from daemon.cli import asking
from daemon.cli.main import main
from daemon.dispatch import drawing
from daemon.service.intake import Intake
from frontends.http.native import bodies
from pipeline import request, schedulers
from pipeline.messages import Task
from pipeline.models.registry import Registry

COUNTS = [150, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]

NUMBERS = (0, 1, -1, 7, 8, 63, 64, 65, 150, 151, 512, 4096, 4104, 2**31, 2**32, 2**63, -(2**63), 10**9, 10**40, True)
REALS = (0.0, -0.0, 0.5, 7.5, 50.0, 50.000001, -1e-9, 1e308, 5e-324, math.nan, math.inf, -math.inf)
WORDS = (
    "", " ", "a", "Euler a", "starter", "null", "NaN", "1e999", "0x40", "64", "1_000", "\u0664\u0665", "x" * 4_001, "9" * 5_000,
    "a\x00b", "a\x1b[2J", "a\x9bb", "\u202eb", "\u2066a\u2069", "a\u2028b", "\ufeff", "\U000e0041", "\ud800", "../../etc/passwd",
    "f" * 64, "F" * 64, "cli:me", "'; DROP TABLE jobs; --",
)  # fmt: skip
TYPES = (None, [], [1], {}, {"a": 1}, [[[]]])
HOSTILE = (
    st.sampled_from([*NUMBERS, *REALS, *WORDS, *TYPES]) | st.integers() | st.floats() | st.text(max_size=20) | st.binary()
)  # fmt: skip
USUAL = {
    "prompt": st.sampled_from(["a cat", "a \u202e cat", "two\r\nlines", "a" * 4_000]),
    "negative_prompt": st.sampled_from(["", "blurry"]),
    "width": st.sampled_from([64, 512, 4096]),
    "height": st.sampled_from([64, 768, 4096]),
    "count": st.integers(1, 64),
    "steps": st.integers(1, 150),
    "guidance_scale": st.floats(0, 50),
    "scheduler": st.sampled_from(["Euler a", "dpmpp_2m_karras"]),
    "seed": st.integers(0, 2**32 - 1),
    "deterministic": st.booleans(),
    "lane": st.sampled_from(["interactive", "background"]),
    "priority": st.integers(-100, 100),
}
NAMES = (*request.Request.model_fields, "lane", "priority", "owner", "key", "image_base64", "unknown")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

usual = st.fixed_dictionaries(
    {"prompt": USUAL["prompt"]}, optional={name: USUAL[name] for name in USUAL if name != "prompt"}
)
hostile = st.dictionaries(st.sampled_from(NAMES), HOSTILE, max_size=3)


def is_in_bounds(task: Task, most_pixels: int) -> bool:
    """Said once more, in other words than the product says it."""
    sides = (task.width, task.height)
    strength = task.denoising_strength
    texts = (task.prompt, task.negative_prompt)
    return (
        all(type(side) is int and 64 <= side <= request.MAX_SIDE_PIXELS and side % 8 == 0 for side in sides)
        and math.prod(sides) <= most_pixels
        and (type(task.count), type(task.steps), type(task.seed)) == (int, int, int)
        and 1 <= task.count <= request.MAX_COUNT
        and 1 <= task.steps <= request.MAX_STEPS
        and 0 <= task.seed <= request.MAX_SEED
        and (type(task.guidance_scale) is float and 0 <= task.guidance_scale <= 50)
        and (strength is None or 0 <= strength <= 1)
        and all(len(text) <= request.MAX_PROMPT_CHARACTERS and not _CONTROL.search(text) for text in texts)
        and task.prompt.strip() != ""
        and schedulers.resolve(task.scheduler).name == task.scheduler
        and type(task.deterministic) is bool
    )


class Door:
    """From a body to what the dispatcher sends, without a daemon around it."""

    def __init__(self, state_dir: Path) -> None:
        made = Settings.model_validate({"state_dir": state_dir})
        directories.make(made)
        self._intake = Intake(made, Registry(made.models_file))
        self.most_pixels = made.limits.max_request_pixels

    async def task(self, body: dict[str, Any], *, through_json: bool) -> Task:
        if through_json:
            body = bodies._parse(json.dumps(body).encode())
        job = await self._intake.prepare(await bodies.submission(body))
        kept = request.Request.model_validate_json(job.request.model_dump_json())  # as the database keeps it
        return drawing.task(kept)


def _without_bytes(body: dict[str, Any]) -> bool:
    return not any(isinstance(value, bytes) for value in body.values())


@pytest.mark.parametrize("count", COUNTS)
def test_what_reaches_an_engine_is_in_bounds_or_its_field_is_refused_by_name(count: int, tmp_path: Path) -> None:
    door, ends = Door(tmp_path / "state"), Counter[str]()

    with asyncio.Runner() as runner:

        @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
        @given(usual, hostile, st.booleans())
        def judge(usual: dict[str, Any], hostile: dict[str, Any], through_json: bool) -> None:
            body = {**usual, **hostile}
            try:
                task = runner.run(door.task(body, through_json=through_json and _without_bytes(body)))
            except UserError as refused:
                ends["refused"] += 1
                assert refused.field is not None, refused.message
                assert refused.field in body or (refused.field == "image" and "image_base64" in body), (
                    refused.field,
                    refused.message,
                )
                assert refused.field in refused.message
                assert refused.message.isprintable()
                assert len(refused.message) < 300
            except ValueError as error:  # the body is no JSON: NaN, or half a surrogate pair
                ends["no JSON"] += 1
                assert through_json, error
            else:
                ends["drawn"] += 1
                assert is_in_bounds(task, door.most_pixels), task

        judge()
    assert min(ends["refused"], ends["drawn"]) > count // 20, ends


TYPED = {
    "--steps": "steps", "--seed": "seed", "--size": "size", "--count": "count", "--model": "model", "--scheduler": "scheduler",
    "--guidance": "guidance", "--negative": "negative", "--strength": "strength",
}  # fmt: skip
TEXTS = st.sampled_from(
    [
        *(str(value) for value in (*NUMBERS, *REALS)),
        *WORDS,
        *(
            "64x64",
            "4096x4104",
            "0x0",
            "512x",
            "x512",
            "999999x999999",
            "\u0661\u0662x64",
            "-64x64",
            "64X64",
            "64\u00d764",
        ),
    ]
) | st.text(max_size=12)


@pytest.mark.parametrize("count", COUNTS)
def test_what_is_typed_is_in_bounds_or_its_option_is_refused_by_name(
    count: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Through the whole command line, up to the body that would go to the daemon."""
    monkeypatch.setenv("MEZZOTINT_STATE_DIR", str(tmp_path / "state"))
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(asking.Asked, "body", _stopped_before_the_daemon(sent))
    ends = Counter[str]()

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(["a cat", *WORDS]), st.dictionaries(st.sampled_from(list(TYPED)), TEXTS, max_size=2))
    def judge(prompt: str, options: dict[str, str]) -> None:
        sent.clear()
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = main(["draw", *(f"{name}={value}" for name, value in options.items()), "--", prompt])
        if sent:
            ends["sent"] += 1
            asked = request.parse(sent[0])
            known = asked.model_copy(update={"scheduler": "Euler"})  # its name is judged by the daemon
            settled = request.settle(known, "starter", request.Defaults())
            assert is_in_bounds(drawing.task(settled), request.MAX_SIDE_PIXELS**2)
            return
        ends["refused"] += 1
        assert code == 2, said.getvalue()
        assert any(name in said.getvalue() for name in (*options, "prompt")), (options, said.getvalue())
        assert all(line.isprintable() for line in said.getvalue().split("\n"))
        assert len(said.getvalue()) < 1_000

    judge()
    assert min(ends["refused"], ends["sent"]) > count // 20, ends


def _stopped_before_the_daemon(sent: list[dict[str, Any]]) -> Callable[[asking.Asked, int], dict[str, Any]]:
    real = asking.Asked.body

    def body(asked: asking.Asked, most: int) -> dict[str, Any]:
        sent.append(real(asked, most))
        raise UserError("it would go to the daemon now")

    return body
