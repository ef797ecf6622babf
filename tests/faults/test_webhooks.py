"""Whoever is to be told is told, though the daemon is killed and the other side fails."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support import receiver
from support.invariants import problems
from support.live_daemon import LiveDaemon
from support.receiver import KEY, Message, Receiver, answering, cut

pytestmark = pytest.mark.slow

SETTINGS = """
[[webhooks.hosts]]
name = "HOST"
private = true
http = true

[[webhooks.subscriptions]]
name = "archive"
url = "http://HOST/archive"
pictures = true

[queue]
max_attempts = 50
[delivery]
retry_seconds = 0.05
longest_wait_seconds = 0.5
[watch_folder]
enabled = false
[engine]
fake_step_s = 0.01
"""
QUICK = {"steps": 2, "width": 64, "height": 64}


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver.running() as running:
        yield running


@pytest.fixture
def daemon(tmp_path: Path, there: Receiver) -> Iterator[Callable[..., LiveDaemon]]:
    """``daemon(NAME="value")``: not started yet, with the receiver listed; killed in the end."""
    made: list[LiveDaemon] = []
    secrets = receiver.credentials(tmp_path / "credentials")
    config = tmp_path / "config.toml"
    config.write_text(SETTINGS.replace("HOST", there.host))

    def make(**environment: str) -> LiveDaemon:
        live = LiveDaemon(tmp_path / "state", {"CREDENTIALS_DIRECTORY": str(secrets), **environment})
        live.state_dir.mkdir(mode=0o700, exist_ok=True)
        (live.state_dir / "config.toml").write_text(config.read_text())
        made.append(live)
        return live

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()


class Unsteady:
    """Fails more often than not; remembers which messages it took."""

    def __init__(self, seed: int) -> None:
        self.taken: list[Message] = []
        self.well = False
        self.faults = 0
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def __call__(self, handler: BaseHTTPRequestHandler, message: Message) -> bool:
        with self._lock:
            fault = "none" if self.well else self._chance.choice(("none", "500", "429", "cut", "slow", "late", "408"))
            self.faults += fault not in ("none", "slow")
        match fault:
            case "500" | "408":
                return answering(int(fault))(handler, message)
            case "429":
                return answering(429, Retry_After="1")(handler, message)
            case "cut":
                return cut(handler, message)
            case "slow":
                time.sleep(0.2)
            case "late":  # it took it, and nobody hears of that
                self.taken.append(message)
                return cut(handler, message)
        self.taken.append(message)
        return answering(204)(handler, message)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number_of_jobs", [24, pytest.param(100, marks=pytest.mark.soak)])
def test_every_end_is_told_at_least_once_and_always_under_the_same_id(
    daemon: Callable[..., LiveDaemon], there: Receiver, number_of_jobs: int
) -> None:
    """
    1. Jobs come, each with an address of its own; another subscribes to all of them. 2. The other side fails at random
    and the daemon is killed again and again. 3. The other side gets well.
    Result: both were told of each, under one id each, signed, and the outbox is empty.
    """
    there.spoil = unsteady = Unsteady(7)
    chance = random.Random(7)
    live = daemon()
    live.start()
    jobs: list[str] = []
    kills = 0
    for number in range(number_of_jobs):
        jobs.append(live.submit(f"job {number}", webhook=there.url(f"/own?job={number}&token=hidden"), **QUICK))
        if number % 8 == 7:
            time.sleep(chance.random())
            live.kill()
            kills += 1
            live.start()
    for _ in range(number_of_jobs // 25):
        time.sleep(chance.random() * 2)
        live.kill()
        kills += 1
        live.start()
    live.wait(*jobs, seconds=200)
    live.until(lambda: unsteady.faults >= number_of_jobs, 200, "the other side has failed often")
    unsteady.well = True
    live.until(lambda: live.status()["deliveries"] == {"waiting": 0, "given_up": 0}, 200, "the outbox is empty")
    assert live.status()["degraded"] == []
    assert live.stop() == 0

    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for message in there.messages:
        assert message.is_signed_by(KEY)
        ids[message.path, message.json["data"]["id"]].add(message.id)
    taken = {(message.path, message.json["data"]["id"]) for message in unsteady.taken}
    wanted = {(f"/own?job={number}&token=hidden", job) for number, job in enumerate(jobs)}
    wanted |= {("/archive", job) for job in jobs}
    assert taken == wanted, sorted(wanted - taken)
    assert all(len(each) == 1 for each in ids.values())
    assert len(set.union(*ids.values())) == 2 * number_of_jobs
    twice = len(unsteady.taken) - len(wanted)
    print(
        f"{kills} kills, {len(there.messages)} messages came, {len(unsteady.taken)} were taken, {twice} of them again"
    )
    assert problems(live.state_dir, set(jobs), max_attempts=50) == []
    log = live.log.read_text()
    assert "hidden" not in log
    assert receiver.SECRET.removeprefix("whsec_") not in log


def test_no_word_of_what_is_sent_is_logged_however_much_is(
    daemon: Callable[..., LiveDaemon], there: Receiver, tmp_path: Path
) -> None:
    live = daemon(MEZZOTINT_LOG__LEVEL="debug", MEZZOTINT_LOG__LEVELS='{"httpcore2": "debug"}')
    live.start()
    there.spoil = answering(503, b"answer-canary", X_Own="header-canary")
    job = live.submit("prompt-canary", webhook=there.url("/path-canary?token=query-canary"), **QUICK)
    live.wait(job)
    live.until(lambda: len(there.messages) > 3, 30, "it was tried")
    assert any(each["what"] == "delivery to webhook" for each in live.status()["degraded"])
    there.spoil = answering(404)
    live.until(lambda: live.status()["deliveries"] == {"waiting": 0, "given_up": 2}, 60, "it is given up")
    assert live.stop() == 0
    log = live.log.read_text()
    signatures = [message.headers["webhook-signature"] for message in there.messages]
    for word in ("path-canary", "query-canary", "prompt-canary", "answer-canary", receiver.SECRET[6:], *signatures):
        assert word not in log, word
    assert f"{there.host} answered 404" in log


@pytest.mark.parametrize("point", ["finish.before_commit", "finish.after_commit", "delivery.before", "delivery.after"])
def test_a_kill_at_any_point_between_the_end_and_its_record_costs_no_message(
    daemon: Callable[..., LiveDaemon], there: Receiver, point: str
) -> None:
    doomed = daemon(MEZZOTINT_FAILPOINT=point)
    doomed.start()
    job = doomed.submit("a red apple", webhook=there.url("/own"), **QUICK)
    assert doomed.process is not None
    assert doomed.process.wait(90) == 137
    healthy = daemon()
    healthy.start()
    healthy.wait(job)
    healthy.until(lambda: healthy.status()["deliveries"]["waiting"] == 0, 30, "all is told")
    assert healthy.stop() == 0
    ids: dict[str, set[str]] = defaultdict(set)
    for message in there.messages:
        ids[message.path].add(message.id)
    assert {path: len(each) for path, each in ids.items()} == {"/own": 1, "/archive": 1}


def test_the_list_may_change_while_it_runs(daemon: Callable[..., LiveDaemon], there: Receiver) -> None:
    """
    1. A host that fails is told of a job. 2. It is taken from the list, and the settings are read anew: the delivery
    is given up. 3. The host is listed again, and told of the next job, submitted by the command.
    """
    live = daemon()
    live.start()
    there.spoil = answering(500)
    live.wait(live.submit("one", webhook=there.url("/own"), **QUICK))
    live.until(lambda: bool(there.messages), 30, "it was tried")
    file = live.state_dir / "config.toml"
    before = file.read_text()
    file.write_text(before[before.index("[queue]") :])  # the waits between two tries stay short
    changed = json.loads(live.command_line("reload", "--json").stdout)["changed"]
    assert {"webhooks.hosts", "webhooks.subscriptions"} <= set(changed)
    live.until(lambda: live.status()["deliveries"] == {"waiting": 0, "given_up": 2}, 30, "they are given up")
    assert not any(each["name"] == "webhook" for each in live.status()["front_ends"])
    refused = live.command_line("submit", "two", "--webhook", there.url("/own"))
    assert refused.returncode == 2
    assert "--webhook: " in refused.stderr
    assert "is not a host that may be told" in refused.stderr

    file.write_text(before)
    assert live.command_line("reload").returncode == 0
    there.spoil = answering(204)
    there.messages.clear()
    done = live.command_line(
        "submit", "three", "--webhook", there.url("/own"), "--steps", "2", "--size", "64", "--json"
    )
    job = json.loads(done.stdout)["id"]
    live.until(lambda: {"/own", "/archive"} == {each.path for each in there.messages}, 30, "both are told")
    assert {each.json["data"]["id"] for each in there.messages} == {job}
    up = {"name": "webhook", "state": "up", "detail": "1 host, 1 subscription"}
    live.until(lambda: up in live.status()["front_ends"], 30, "it says so")
    assert live.stop() == 0


def test_a_410_that_comes_after_a_reload_ends_no_subscription_of_the_new_settings(
    daemon: Callable[..., LiveDaemon], there: Receiver
) -> None:
    """1. A subscriber is told, and thinks. 2. He is given another address. 3. He answers 410 at the old one."""
    live = daemon(MEZZOTINT_WEBHOOKS__TIMEOUT_SECONDS="100")
    live.start()
    moved = threading.Event()

    def gone_in_the_end(handler: BaseHTTPRequestHandler, message: Message) -> bool:
        moved.wait(60)
        return answering(410)(handler, message)

    there.spoil = gone_in_the_end
    live.wait(live.submit("one", **QUICK))
    live.until(lambda: bool(there.messages), 30, "he is told")
    file = live.state_dir / "config.toml"
    file.write_text(file.read_text().replace("/archive", "/new"))
    assert live.command_line("reload").returncode == 0
    moved.set()
    live.until(lambda: live.status()["deliveries"] == {"waiting": 0, "given_up": 1}, 60, "it is given up")
    assert not any(each["what"].startswith("webhook") for each in live.status()["degraded"])
    there.spoil = answering(204)
    there.messages.clear()
    live.wait(live.submit("two", **QUICK))
    live.until(lambda: [each.path for each in there.messages] == ["/new"], 30, "the new address is told")
    assert live.stop() == 0


def test_without_a_secret_the_status_says_so_and_nothing_is_lost(
    daemon: Callable[..., LiveDaemon], there: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "credentials" / "webhook-secret"
    kept = secret.read_text()
    secret.unlink()
    live = daemon()
    live.start()
    job = live.submit("one", webhook=there.url("/own"), **QUICK)
    live.wait(job)
    live.until(lambda: bool(live.status()["degraded"]), 30, "it says what is wrong")

    def front_end_now() -> dict[str, Any]:
        (found,) = [each for each in live.status()["front_ends"] if each["name"] == "webhook"]
        return dict(found)

    live.until(lambda: front_end_now()["state"] == "misconfigured", 30, "the front end says so, too")
    front_end = front_end_now()
    assert "credential webhook-secret is not there" in front_end["detail"]
    assert there.connections == 0
    assert live.stop() == 0
    secret.write_text(kept)
    secret.chmod(0o600)
    live.start()
    live.until(lambda: {"/own", "/archive"} == {each.path for each in there.messages}, 30, "both are told")
    assert live.stop() == 0
