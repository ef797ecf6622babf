"""The daemon removes by its rules what is old, and is killed in the middle of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon

pytestmark = pytest.mark.slow

QUICK = {"steps": 2, "width": 64, "height": 64}
BASE = "[watch_folder]\nenabled = false\n[engine]\nfake_step_s = 0.005\n"
RULES = """
[retention]
every_minutes = 0.005
[[retention.rules]]
owner = "cli:kept"
[[retention.rules]]
owner = "cli:*"
state = "done"
keep_newest = 2
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Callable[..., LiveDaemon]]:
    made: list[LiveDaemon] = []

    def make(settings: str, **environment: str) -> LiveDaemon:
        live = LiveDaemon(tmp_path / "state", environment)
        live.state_dir.mkdir(mode=0o700, exist_ok=True)
        (live.state_dir / "config.toml").write_text(settings)
        made.append(live)
        return live

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()


@pytest.mark.parametrize(
    "point", ["prune.before_commit", "prune.after_commit", "prune.after_unlink:2", "prune.after_notes"]
)
def test_what_a_kill_interrupts_the_next_daemon_finishes(daemon: Callable[..., LiveDaemon], point: str) -> None:
    """
    1. Jobs are drawn. 2. The rules come, and with them a kill in the middle. 3. The next daemon has the same rules.
    Result: what the rules keep is there with its files, the rest is gone with its files, and no more.
    """
    live = daemon(BASE)
    live.start()
    kept = [live.submit(f"kept {number}", owner="cli:kept", **QUICK) for number in range(3)]
    other = live.submit("other", owner="http:1", **QUICK)
    many = [live.submit(f"job {number}", owner=f"cli:{number % 2}", **QUICK) for number in range(7)]
    live.wait(*kept, other, *many)
    assert live.stop() == 0

    doomed = daemon(BASE + RULES, MEZZOTINT_FAILPOINT=point)
    doomed.start()
    assert doomed.process is not None
    assert doomed.process.wait(30) == 137

    healthy = daemon(BASE + RULES)
    healthy.start()
    stays = {*kept, other, *many[-2:]}
    healthy.until(lambda: {job["id"] for job in healthy.jobs()} == stays, 30, "what is left is what the rules keep")
    healthy.until(lambda: bool(healthy.status()["retention"]["at"]), 30, "it is told in the status")
    assert healthy.stop() == 0
    assert problems(healthy.state_dir, stays, max_attempts=3) == []
    assert list((healthy.state_dir / "quarantine").iterdir()) == [], "finished, not set aside"
    assert len(list((healthy.state_dir / "pictures").rglob("*.png"))) == len(stays)


def test_the_command_shows_and_does_what_the_rules_would_and_they_can_be_changed(
    daemon: Callable[..., LiveDaemon],
) -> None:
    live = daemon(BASE + RULES.replace("0.005", "600"))
    live.start()
    many = [live.submit(f"job {number}", owner="cli:1", **QUICK) for number in range(5)]
    live.wait(*many)
    shown = live.command_line("prune", "--retention", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "would remove\n  3 jobs with 3 pictures" in shown.stdout
    assert "rule 2 (owner cli:*, state done, keep_newest 2): 3 jobs" in shown.stdout
    assert "2 rules, not carried out yet" in live.command_line("status").stdout
    assert len(live.jobs()) == 5
    done = json.loads(live.command_line("prune", "--retention", "--json").stdout)
    assert (done["jobs"], [each["jobs"] for each in done["rules"]]) == (3, [3])
    assert {job["id"] for job in live.jobs()} == set(many[-2:])
    assert "3 jobs went" in live.command_line("status").stdout

    (live.state_dir / "config.toml").write_text(BASE + RULES.replace("keep_newest = 2", "keep_newest = 1"))
    changed = json.loads(live.command_line("reload", "--json").stdout)["changed"]
    assert changed == ["retention.every_minutes", "retention.rules"]
    live.until(lambda: {job["id"] for job in live.jobs()} == {many[-1]}, 30, "the new rules are carried out")
    live.until(lambda: "retention_done" in live.log.read_text(), 30, "it is in the log")
    assert live.stop() == 0
