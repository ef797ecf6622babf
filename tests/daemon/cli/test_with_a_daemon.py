"""The commands against a real daemon with the fake engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import LiveDaemon

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
JOB_KEYS = {
    "id", "state", "lane", "owner", "origin", "attempts", "error", "request", "pictures",
    "queued_at", "started_at", "finished_at",
}  # fmt: skip
STATES = {"queued", "running", "paused", "done", "failed", "cancelled", "dead"}


def test_a_submitted_job_is_shown_with_the_keys_of_the_contract(live: LiveDaemon, answer: Any) -> None:
    receipt = answer("submit", "a red apple", "--seed", "7", "--steps", "4", "--size", "64", "-n", "2")
    assert set(receipt) == {"id"}
    live.wait(receipt["id"])
    job = answer("show", receipt["id"])
    assert set(job) >= JOB_KEYS
    assert (job["state"], job["lane"], job["owner"]) == ("done", "interactive", f"cli:{os.getuid()}")
    assert (job["attempts"], job["error"]) == (1, None)
    assert job["origin"]["source"] == "cli"
    assert (job["request"]["prompt"], job["request"]["steps"], job["request"]["seed"]) == ("a red apple", 4, 7)
    assert [picture["seed"] for picture in job["pictures"]] == [7, 8]
    for picture in job["pictures"]:
        file = Path(picture["path"])
        assert file.is_absolute()
        assert sha256(file.read_bytes()).hexdigest() == picture["sha256"]
        assert (picture["width"], picture["height"]) == (64, 64)
    assert all(MOMENT.fullmatch(job[key]) for key in ("queued_at", "started_at", "finished_at"))
    assert job["queued_at"] <= job["started_at"] <= job["finished_at"]


def test_status_has_the_keys_of_the_contract(live: LiveDaemon, told: Any, answer: Any) -> None:
    view = answer("status")
    assert view["daemon"]["pid"] == live.pid
    assert view["daemon"]["uptime_s"] > 0
    assert {"pid", "device", "model", "active", "parked", "forwards", "steps"} <= set(view["engines"][0])
    assert set(view["queue"]) == STATES
    assert told("status").stdout.startswith("mezzotint ")


def test_jobs_are_found_by_id_and_state(live: LiveDaemon, told: Any, answer: Any) -> None:
    ids = [answer("submit", f"number {number}", "--steps", "1", "--size", "64")["id"] for number in range(3)]
    live.wait(*ids)
    assert {job["id"] for job in answer("jobs", *ids)} == set(ids)
    assert set(ids) <= {job["id"] for job in answer("jobs", "--state", "done")}
    assert len(answer("jobs", "--limit", "2")) == 2
    assert answer("jobs", "--state", "dead") == []
    assert "number 2" in told("jobs").stdout
    assert answer("jobs", "--state", "bogus", code=2)["error"]["field"] == "state"


def test_hundreds_of_ids_can_be_asked_for_at_once(live: LiveDaemon, answer: Any) -> None:
    job = answer("submit", "x", "--steps", "1", "--size", "64")["id"]
    assert [each["id"] for each in answer("jobs", *[job] * 700)] == [job]


def test_an_unknown_job_fails(answer: Any) -> None:
    for command in ("show", "cancel", "retry", "jobs"):
        assert answer(command, "nothing", code=1)["error"]["kind"] == "user"


def test_a_paused_queue_accepts_and_waits_and_a_waiting_job_can_be_cancelled_and_tried_again(
    live: LiveDaemon, answer: Any
) -> None:
    answer("pause")
    try:
        job = answer("submit", "later", "--steps", "1", "--size", "64")["id"]
        assert answer("show", job)["started_at"] is None
        assert answer("cancel", job)["state"] == "cancelled"
        assert answer("show", job)["pictures"] == []
        assert answer("retry", job)["state"] == "queued"
        assert answer("retry", job, code=1)["error"]["kind"] == "user"
    finally:
        answer("resume")
    (done,) = live.wait(job)
    assert done["state"] == "done"


def test_the_same_key_is_the_same_job(answer: Any) -> None:
    first = answer("submit", "once", "--key", "k1", "--steps", "1", "--size", "64")
    assert answer("submit", "once", "--key", "k1", "--steps", "1", "--size", "64") == first
    assert answer("submit", "once", "--key", "k1", "--owner", "discord:42", "--size", "64") != first


def test_owner_lane_and_priority_are_kept(answer: Any) -> None:
    options = ("--owner", "discord:42", "--lane", "background", "--priority", "-5", "--size", "64")
    job = answer("show", answer("submit", "x", *options)["id"])
    assert (job["owner"], job["lane"], job["priority"]) == ("discord:42", "background", -5)


@pytest.mark.parametrize(
    ("options", "field", "hinted"),
    [
        (("--model", "startr"), "model", "starter"),
        (("--scheduler", "Eulr a"), "scheduler", "Euler a"),
        (("--lane", "express"), "lane", "interactive"),
        (("--owner", "me"), "owner", "source:name"),
        (("--size", "4096x4096", "--priority", "101"), "priority", "100"),
    ],
)
def test_what_only_the_daemon_knows_is_a_usage_error_too(
    answer: Any, options: tuple[str, ...], field: str, hinted: str
) -> None:
    error = answer("submit", "x", *options, code=2)["error"]
    assert (error["kind"], error["field"]) == ("user", field)
    assert hinted in json.dumps(error)


def test_draw_prints_the_path_of_the_picture_last(live: LiveDaemon) -> None:
    done = live.command_line("draw", "a boat", "--steps", "2", "--size", "64x128", "-n", "2")
    assert (done.returncode, done.stderr) == (0, "")
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert len(paths) == 2
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert str(paths[-1]).startswith(str(live.state_dir / "pictures"))


def test_draw_copies_to_a_file_numbered_files_or_a_directory(told: Any, tmp_path: Path) -> None:
    def drawn(*options: str) -> list[str]:
        done = told("draw", "a boat", "--steps", "1", "--size", "64", *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    (tmp_path / "folder").mkdir()
    one = str(tmp_path / "boat.png")
    assert drawn("--out", one) == [one]
    assert drawn("--out", one, "--force") == [one]
    assert drawn("--out", str(tmp_path / "two.png"), "-n", "2") == [
        str(tmp_path / "two-1.png"),
        str(tmp_path / "two-2.png"),
    ]
    (inside,) = drawn("--out", str(tmp_path / "folder"))
    assert Path(inside).parent == tmp_path / "folder"
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(found) == 4
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in found)


def test_draw_starts_from_a_picture(live: LiveDaemon, answer: Any) -> None:
    first = answer("draw", "a boat", "--steps", "2", "--size", "64")
    second = answer("draw", "a ship", "--steps", "4", "--image", first["paths"][0], "--strength", "0.5", "--size", "64")
    assert second["request"]["denoising_strength"] == 0.5
    assert second["request"]["image"]


def test_a_file_that_is_no_picture_is_refused_as_one(answer: Any, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("I am no picture")
    error = answer("draw", "x", "--image", str(tmp_path / "x.png"), code=2)["error"]
    assert error["kind"] == "user"


def test_a_job_that_fails_is_told_with_its_reason(told: Any, answer: Any) -> None:
    error = answer("draw", "[fail-user] x", "--steps", "2", "--size", "64", code=1)["error"]
    assert error["kind"] == "user"
    said = told("draw", "[fail-user] x", "--steps", "2", "--size", "64")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("mezzotint: ")


def test_a_prompt_may_begin_with_a_dash(answer: Any) -> None:
    job = answer("show", answer("submit", "--steps=1", "--size=64", "--", "--help me")["id"])
    assert job["request"]["prompt"] == "--help me"


def test_what_is_listed_can_not_steer_the_terminal(told: Any, answer: Any) -> None:
    """What the daemon refuses by itself today may still lie in the database of an earlier one."""
    assert answer("submit", "\x1b[2J red", "--size", "64", code=2)["error"]["field"] == "prompt"
    said = told("submit", "x", "--model", "\x1b[2J", "--size", "64")
    assert said.returncode == 2
    assert "\x1b" not in said.stderr


def test_verify_tells_a_true_picture_from_a_changed_one(told: Any, answer: Any, tmp_path: Path) -> None:
    job = answer("draw", "a boat", "--steps", "2", "--size", "64", "--deterministic")
    assert answer("verify", job["pictures"][0]["id"])["identical"] is True
    assert answer("verify", job["paths"][0])["identical"] is True
    assert told("verify", job["id"]).stdout.startswith("identical")
    assert answer("verify", str(tmp_path / "nothing.png"), code=1)["error"]["kind"] == "user"


def test_a_second_daemon_is_told_to_try_again(live: LiveDaemon) -> None:
    assert live.command_line("run").returncode == 75
    assert live.status()["daemon"]["pid"] == live.pid


def test_what_is_typed_at_a_narrow_terminal_is_still_one_document(live: LiveDaemon) -> None:
    done = subprocess.run(
        [*live.command, "jobs", "--json"],
        env={**live.environment, "COLUMNS": "20", "FORCE_COLOR": "1", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert isinstance(json.loads(done.stdout), list)
    assert b"\x1b" not in done.stdout
