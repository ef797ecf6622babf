"""Ids, the nearest name, the version, failpoints."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata

import pytest

from config import ids
from config.errors import ConfigurationError, Problem
from config.nearest import nearest
from config.version import VERSION


def test_ids_sort_by_age_and_do_not_repeat() -> None:
    made = [ids.new_id(1_700_000_000_000 + i // 100) for i in range(1_000)]

    assert len(set(made)) == 1_000
    assert [each[:9] for each in made] == sorted(each[:9] for each in made)
    assert all(len(each) == ids.LENGTH and set(each) <= set(ids.ALPHABET) for each in made)


def test_an_id_carries_its_time() -> None:
    number = 0
    for character in ids.new_id(1_234_567_890_123):
        number = number * 32 + ids.ALPHABET.index(character)

    assert number >> 32 == 1_234_567_890_123


def test_the_nearest_name_is_found_regardless_of_case_and_nothing_is_made_up() -> None:
    assert nearest("EULR", ["Heun", "Euler", "DDIM"]) == "Euler"
    assert nearest("xylophone", ["Heun", "Euler"]) is None
    assert nearest("x", []) is None


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert metadata.version("mezzotint") == VERSION


def test_one_problem_is_the_message_and_several_are_counted() -> None:
    one, two = Problem("a", "is bad", "mend it"), Problem("b", "is worse")

    assert ConfigurationError.of(one).message == "the configuration is wrong: a: is bad"
    assert ConfigurationError.of(one).hint == "mend it"
    assert ConfigurationError.of(one, two).problems == (one, two)
    assert "2 problems" in ConfigurationError.of(one, two).message


def passing(wanted: str, *names: str) -> subprocess.CompletedProcess[str]:
    """Pass these places in a fresh process that was asked for ``wanted``; prints each place once it was passed."""
    code = "import sys, config.failpoints as f\nfor name in sys.argv[1:]: f.reach(name); print(name, flush=True)"
    return subprocess.run(
        [sys.executable, "-c", code, *names],
        env={**os.environ, "MEZZOTINT_FAILPOINT": wanted},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("wanted", "status", "passed"),
    [
        ("", 0, ["claim.after_commit", "delivery.before", "claim.after_commit"]),
        ("claim.after_commit", 137, []),
        ("claim.after_commit:2", 137, ["claim.after_commit", "delivery.before"]),
        ("delivery.before", 137, ["claim.after_commit"]),
    ],
)
def test_a_failpoint_kills_at_the_passage_that_was_asked_for(wanted: str, status: int, passed: list[str]) -> None:
    ended = passing(wanted, "claim.after_commit", "delivery.before", "claim.after_commit")

    assert (ended.returncode, ended.stdout.split()) == (status, passed)


def test_a_failpoint_raises_the_error_that_was_asked_for() -> None:
    ended = passing("delivery.before@ENOSPC", "delivery.before")

    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr
