"""``mezzotint usage`` and what the command line says when something is used up, against a real daemon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.noon import noon_zone

RULES = """
[quotas]
tz = "{zone}"

[[quotas.rules]]
of = "owner:*"
pictures_per_day = {pictures}
gpu_seconds_per_month = 1000

[[quotas.rules]]
of = "guild:*"
storage_bytes = 10000000
"""


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[LiveDaemon]:
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    write_rules(state_dir, 3)
    daemon = LiveDaemon(
        state_dir, {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}
    )
    daemon.start()
    yield daemon
    daemon.stop()


def write_rules(state_dir: Path, pictures: int) -> None:
    (state_dir / "config.toml").write_text(RULES.format(zone=noon_zone(), pictures=pictures))


def submitted(daemon: LiveDaemon, *more: str) -> tuple[int, dict[str, object]]:
    small = ("--size", "64", "--steps", "2", "--owner", "cli:anna", "--json")
    done = daemon.command_line("submit", "a red apple", *small, *more)
    return done.returncode, json.loads(done.stdout)


def test_what_is_used_is_told_and_what_is_used_up_ends_with_75_until_a_reload_gives_more(limited: LiveDaemon) -> None:
    code, receipt = submitted(limited, "--count", "2", "--group", "guild:7")
    assert code == 0
    limited.wait(str(receipt["id"]))
    code, answer = submitted(limited, "--count", "2")
    assert code == 75
    error = answer["error"]
    assert isinstance(error, dict)
    assert error["message"] == "owner:cli:anna has used up its 3 pictures a day (rule owner:*)"
    assert error["hint"].startswith("there is more from 20")

    view = json.loads(limited.command_line("usage", "cli:anna", "--json").stdout)
    pictures = view["day"]["pictures"]
    assert pictures == {"used": 2, "held": 0, "limit": 3, "left": 1, "rule": "rule owner:*"}
    seconds = view["month"]["gpu_seconds"]
    assert 0 < seconds["used"] < 10
    assert seconds["left"] == pytest.approx(1000 - seconds["used"])
    size = sum(path.stat().st_size for path in limited.state_dir.glob("pictures/*/*.png"))
    assert (view["stored_pictures"], view["stored"]["used"]) == (2, size)
    every = json.loads(limited.command_line("usage", "--json").stdout)
    assert [each["scope"] for each in every] == ["guild:7", "owner:cli:anna"]
    assert every[0]["stored"]["left"] == 10_000_000 - size

    write_rules(limited.state_dir, 4)
    assert "quotas.rules is in force" in limited.command_line("reload").stdout
    assert submitted(limited, "--count", "2")[0] == 0
    assert json.loads(limited.command_line("usage", "cli:anna", "--json").stdout)["day"]["pictures"]["left"] == 0


def test_it_is_told_in_words(limited: LiveDaemon) -> None:
    assert limited.command_line("usage").stdout == "nothing was used yet\n"
    limited.call("POST", "/v1/queue/pause")
    submitted(limited, "--count", "3")
    told = limited.command_line("usage").stdout.splitlines()
    assert told[0].split()[0] == "SCOPE"
    assert told[1].startswith("owner:cli:anna  3 of 3")
    one = limited.command_line("usage", "cli:anna").stdout
    assert "pictures     0 used, 3 reserved, 0 of 3 left (rule owner:*)" in one


@pytest.mark.parametrize("scope", ["nonsense", "owner:*", "role:", "", "owner:cli:a b"])
def test_what_can_be_no_scope_ends_with_2(limited: LiveDaemon, scope: str) -> None:
    done = limited.command_line("usage", scope)
    assert (done.returncode, done.stdout) == (2, "")
    assert "scope: must be" in done.stderr
