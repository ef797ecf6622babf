"""What `verify` promises, on the real model, through the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.live_daemon import LiveDaemon

from pipeline import starter

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.timeout(600)]

PICTURES = 10
STEPS = 2
SMALL = {"width": 128, "height": 128}
ENVIRONMENT = {"MEZZOTINT_ENGINE__KIND": "local", "MEZZOTINT_ENGINE__THREADS": "1"}
"""One thread: another engine that draws on the same cores would make both wait for each other's threads."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    live = LiveDaemon(tmp_path_factory.mktemp("verify") / "state", ENVIRONMENT)
    live.start()
    yield live
    live.stop()


@pytest.fixture(scope="module")
def drawn(daemon: LiveDaemon) -> list[dict[str, Any]]:
    """Twenty deterministic jobs, drawn in a crowd of others."""
    subjects = list(starter.subjects())[:PICTURES]
    ids = []
    for number, subject in enumerate(subjects):
        ids.append(daemon.submit(f"a {subject}", seed=number, steps=STEPS, deterministic=True, **SMALL))
        daemon.submit(f"a crowd around a {subject}", seed=number, steps=STEPS, **SMALL)
    return daemon.wait(*ids, seconds=400)


def test_deterministic_pictures_are_bit_identical_when_drawn_again(
    daemon: LiveDaemon, drawn: list[dict[str, Any]]
) -> None:
    assert [job["state"] for job in drawn] == ["done"] * PICTURES
    for job in drawn:
        answer = daemon.call("POST", "/v1/verify", {"picture": job["pictures"][0]["id"]})
        assert answer["identical"], answer
        assert not answer["differences"], answer


def test_the_command_names_the_one_recorded_fact_that_was_changed(
    daemon: LiveDaemon, drawn: list[dict[str, Any]], tmp_path: Path
) -> None:
    """The seed in the file's record is changed by hand: not the same picture, and the seed is named."""
    original = Path(drawn[0]["pictures"][0]["path"])
    assert daemon.command_line("verify", str(original)).returncode == 0
    changed = tmp_path / "changed.png"
    with Image.open(original) as image:
        texts = dict(image.text)
        record = json.loads(texts["mezzotint"])
        record["seed"] += 1
        record["request"]["seed"] += 1
        info = PngInfo()
        info.add_itxt("mezzotint", json.dumps(record))
        image.save(changed, pnginfo=info)
    result = daemon.command_line("verify", str(changed), "--json")
    assert result.returncode == 1, result.stdout
    assert "seed" in {difference["fact"].split(".")[-1] for difference in json.loads(result.stdout)["differences"]}
