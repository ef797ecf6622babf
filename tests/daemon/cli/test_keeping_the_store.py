"""``backup``, ``restore``, ``prune`` and ``export``, with a daemon and without."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import LiveDaemon
from support.queue_driver import QueueDriver
from support.requests import settled

from daemon.cli import private
from daemon.cli.records import Csv, JsonLines
from daemon.cli.times import moment, span


@pytest.mark.slow
def test_a_backup_is_made_checked_and_a_restore_beside_a_daemon_is_refused(
    live: LiveDaemon, answer: Any, told: Any, tmp_path: Path
) -> None:
    live.wait(live.submit("to be kept", steps=2, width=64, height=64))
    made = answer("backup", str(tmp_path / "b"))
    assert made.keys() >= {"path", "schema", "jobs", "pictures", "bytes", "missing", "seconds"}
    assert (made["path"], made["missing"]) == (str(tmp_path / "b"), 0)
    assert made["pictures"] >= 1
    assert answer("backup", "--check", str(tmp_path / "b"))["jobs"] == made["jobs"]
    assert answer("restore", "--check", str(tmp_path / "b"))["jobs"] == made["jobs"]
    assert "whole" in told("backup", "--check", str(tmp_path / "b")).stdout
    assert answer("restore", str(tmp_path / "b"), code=75)["error"]["hint"] == "stop it first"
    assert "already" in answer("backup", str(tmp_path / "b"), code=1)["error"]["message"]
    assert "inside" in answer("backup", str(live.state_dir / "b"), code=1)["error"]["message"]
    inside = answer("backup", str(tmp_path))
    assert Path(inside["path"]).parent == tmp_path
    done = told("backup", str(tmp_path / "c"), "--no-pictures")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, str(tmp_path / "c"))


def test_a_backup_that_the_caller_can_not_see_is_no_success(
    mezzotint: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The daemon of a service has a directory for temporary files of its own: what it writes there is not here."""

    class Elsewhere:
        def lines(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
            counts = dict.fromkeys(("jobs", "pictures", "bytes", "missing", "damaged", "seconds"), 0)
            return [{"event": "backup", "backup": {"path": body["path"], **counts}}]

    monkeypatch.setattr(private, "daemon", lambda invocation, draws: nullcontext(Elsewhere()))
    done = mezzotint("backup", str(tmp_path / "b"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing to be seen here" in done.stderr
    assert "a directory that both see" in done.stderr
    (tmp_path / "b").mkdir()
    assert mezzotint("backup", str(tmp_path / "b")).returncode == 0


@pytest.mark.slow
def test_what_would_go_is_what_goes(live: LiveDaemon, answer: Any, told: Any) -> None:
    names = [live.submit(f"old {n}", steps=2, width=64, height=64, owner="cli:old") for n in range(3)]
    live.wait(*names)
    would = answer("prune", "--owner", "cli:old", "--keep", "1", "--dry-run")
    assert (would["dry_run"], would["jobs"], would["pictures"]) == (True, 2, 2)
    assert len(live.jobs(owner="cli:old")) == 3
    assert answer("prune", "--owner", "cli:old", "--older-than", "1h")["jobs"] == 0
    assert "removed" in told("prune", "--quarantine", "--unreferenced-inputs").stdout
    went = answer("prune", "--owner", "cli:old", "--keep", "1", "--state", "done,failed")
    same = ("jobs", "pictures", "bytes", "oldest", "newest", "orders")
    assert {name: went[name] for name in same} == {name: would[name] for name in same}
    assert [job["id"] for job in live.jobs(owner="cli:old")] == names[-1:]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prune",), "say what to prune"),
        (("prune", "--older-than", "soon"), "not a span"),
        (("prune", "--state", "running"), "none of"),
        (("export", "--since", "once"), "not a time"),
        (("export", "--format", "xml"), "neither"),
        (("export", "--json"), "needs --out"),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_daemon_is_asked(
    mezzotint: Any, arguments: tuple[str, ...], said: str
) -> None:
    done = mezzotint(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert said in done.stderr + done.stdout


def test_moments_and_spans() -> None:
    assert span("--x", "2w") == 14 * 86_400_000
    assert moment("--x", "2026-11-24") == moment("--x", "2026-11-24T01:00:00+01:00")


@pytest.mark.slow
def test_the_export_is_whole_exact_and_paged(live: LiveDaemon, told: Any, answer: Any, tmp_path: Path) -> None:
    prompt = 'a "red" äpple,\n=1+1'
    job = live.wait(live.submit(prompt, steps=2, width=64, height=64, count=2, owner="cli:export"))[0]
    lines = told("export", "--owner", "cli:export", "--events").stdout.splitlines()
    (record,) = map(json.loads, lines)
    assert record["request"] == job["request"]
    assert [each["sha256"] for each in record["pictures"]] == [each["sha256"] for each in job["pictures"]]
    assert [each["what"] for each in record["events"]] == ["queued", "claimed", "done"]
    assert record["attempts"][0]["outcome"] == "done"
    out = tmp_path / "o.jsonl"
    assert answer("export", "--out", str(out))["jobs"] == len(out.read_text().splitlines())
    assert told("export", "--out", str(out)).returncode == 2
    assert told("export", "--out", str(out), "--force", "--until", "2020-01-01").returncode == 0
    assert out.read_text() == ""
    assert [path.name for path in tmp_path.iterdir()] == ["o.jsonl"]


def test_a_hundred_pages_are_read_in_order(tmp_path: Path) -> None:
    from functools import partial

    from storage import queue
    from storage.queue import export

    q = QueueDriver(tmp_path)
    names = []
    for _ in range(20):
        names.append(q.enqueue())
        q.now += 1000
    found: list[str] = []
    after: int | None = 0
    while after is not None:
        page = partial(export.page, wanted=export.Filter(), after=after, limit=3, with_events=False)
        records, after = q.read(page)
        assert len(records) <= 3
        found += [record["id"] for record in records]
    assert found == names
    wanted = export.Filter(since=q.now - 5_000, until=q.now - 1_000, state="queued", owner="cli:1")
    records, _ = q.read(partial(export.page, wanted=wanted, after=0, limit=99, with_events=True))
    assert [record["id"] for record in records] == names[15:19]
    assert q.read(queue.counts)["queued"] == 20
    q.close()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "plain", "'quoted", 'a "b", c\nd'])
def test_no_cell_is_a_formula_and_json_lines_are_exact(tmp_path: Path, text: str) -> None:
    from functools import partial

    from storage.queue import export

    q = QueueDriver(tmp_path)
    q.enqueue(request=settled(prompt=f"x{text}", negative_prompt="").model_copy(update={"prompt": text}), priority=-5)
    q.finish(q.claim_one())
    (record,), _ = q.read(partial(export.page, wanted=export.Filter(), after=0, limit=9, with_events=True))
    q.close()
    assert json.loads(JsonLines().lines(record)) == record
    head, row = csv.reader(io.StringIO(Csv().head() + Csv().lines(record), newline=""))
    cells = dict(zip(head, row, strict=True))
    assert cells["request.prompt"] == (f"'{text}" if text[0] in "=+-@\t" else text)
    assert cells["priority"] == "-5"
    assert cells["picture.sha256"] == record["pictures"][0]["sha256"]


@pytest.mark.slow
def test_without_a_daemon_all_of_it_works_and_draws_nothing(command: Any, state_dir: Path, tmp_path: Path) -> None:
    q = QueueDriver(state_dir)
    waiting = q.enqueue(priority=-1)
    q.enqueue()
    q.finish(q.claim_one())
    q.close()
    os.chmod(state_dir, 0o700)
    made = json.loads(command("backup", str(tmp_path / "b"), "--json").stdout)
    assert (made["jobs"], made["pictures"]) == (2, 1)
    assert json.loads(command("prune", "--keep", "0", "--json").stdout)["jobs"] == 1
    (record,) = map(json.loads, command("export").stdout.splitlines())
    assert (record["id"], record["state"]) == (waiting, "queued"), "nothing was drawn"
    done = command("restore", str(tmp_path / "b"), "--force", "--json")
    assert Path(json.loads(done.stdout)["moved_aside"]).is_dir()
