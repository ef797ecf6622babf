"""Side tasks that die, and front ends that can't start."""

from __future__ import annotations

import asyncio

import pytest
from support.waiting import until

from daemon.service import FrontEndStatus
from daemon.supervisor import Supervisor
from frontends.contract import BadCredentials, Misconfigured, NotReachable


class Scripted:
    """A front end that does one act of its script at each run; the last one is repeated."""

    def __init__(self, name: str, *acts: BaseException | None) -> None:
        self.name = name
        self.started = asyncio.Event()
        self.runs = 0
        self._acts = acts

    async def run(self) -> None:
        act = self._acts[min(self.runs, len(self._acts) - 1)]
        self.runs += 1
        if act is not None:
            raise act
        self.started.set()
        await asyncio.Event().wait()

    def status(self) -> str:
        return "serving"


def _state(supervisor: Supervisor, name: str) -> FrontEndStatus:
    return next(each for each in supervisor.states() if each.name == name)


async def test_a_front_end_that_serves_is_up_and_in_its_own_words() -> None:
    supervisor = Supervisor()
    supervisor.front_end(Scripted("http", None))
    await supervisor.settled(5)
    assert supervisor.states() == (FrontEndStatus("http", "up", "serving"),)
    await supervisor.stop()
    assert _state(supervisor, "http").state == "stopped"


@pytest.mark.parametrize(
    ("error", "state"),
    [(Misconfigured("no such folder"), "misconfigured"), (BadCredentials("token revoked"), "refused")],
)
async def test_a_front_end_that_can_not_work_is_named_and_left_alone(error: Exception, state: str) -> None:
    supervisor = Supervisor(first_wait_seconds=0.001)
    broken, well = Scripted("discord", error), Scripted("http", None)
    supervisor.front_end(broken)
    supervisor.front_end(well)
    await supervisor.settled(5)
    await asyncio.sleep(0.05)
    assert _state(supervisor, "discord") == FrontEndStatus("discord", state, str(error))
    assert broken.runs == 1
    assert _state(supervisor, "http").state == "up"
    assert not supervisor.failure.done()
    await supervisor.stop()


@pytest.mark.parametrize("error", [NotReachable("not yet"), ZeroDivisionError("a defect")])
async def test_a_front_end_that_may_work_later_is_started_again_until_it_does(error: Exception) -> None:
    supervisor = Supervisor(first_wait_seconds=0.001)
    front_end = Scripted("folder", error, error, None)
    supervisor.front_end(front_end)
    await until(lambda: _state(supervisor, "folder").state == "up", "it serves")
    assert front_end.runs == 3
    assert not supervisor.failure.done()
    await supervisor.stop()


async def test_between_tries_the_status_says_why() -> None:
    supervisor = Supervisor(first_wait_seconds=60)
    supervisor.front_end(Scripted("folder", NotReachable("the disk is not mounted")))
    await supervisor.settled(5)
    assert _state(supervisor, "folder") == FrontEndStatus("folder", "retrying", "the disk is not mounted")
    await supervisor.stop()


async def test_settling_does_not_wait_for_a_front_end_that_takes_for_ever() -> None:
    class Slow(Scripted):
        async def run(self) -> None:
            await asyncio.Event().wait()

    supervisor = Supervisor()
    supervisor.front_end(Slow("slow", None))
    await supervisor.settled(0.05)
    assert _state(supervisor, "slow").state == "starting"
    await supervisor.stop()


async def test_an_essential_task_that_ends_is_the_end_of_the_daemon() -> None:
    async def dies() -> None:
        raise RuntimeError("gone")

    supervisor = Supervisor()
    supervisor.essential("dispatcher", dies())
    ended = await asyncio.wait_for(asyncio.shield(supervisor.failure), 5)
    assert "dispatcher" in str(ended)
    assert isinstance(ended.__cause__, RuntimeError)
    await supervisor.stop()


async def test_when_the_daemon_stops_ends_are_expected() -> None:
    ending = asyncio.Event()

    async def ends() -> None:
        await ending.wait()

    supervisor = Supervisor()
    supervisor.essential("dispatcher", ends())
    supervisor.expect_ends()
    ending.set()
    await supervisor.stop()
    assert not supervisor.failure.done()


async def test_front_ends_are_stopped_by_name_and_the_others_go_on() -> None:
    supervisor = Supervisor()
    supervisor.front_end(Scripted("folder", None))
    supervisor.front_end(Scripted("http", None))
    await supervisor.settled(5)
    await supervisor.stop_front_ends([])
    assert [each.state for each in supervisor.states()] == ["up", "up"]
    await supervisor.stop_front_ends(["folder"])
    assert [each.state for each in supervisor.states()] == [
        "up" if each.name == "http" else "stopped" for each in supervisor.states()
    ]
    await supervisor.stop()


async def test_a_front_end_is_made_anew_only_after_the_one_before_has_ended() -> None:
    supervisor = Supervisor()
    supervisor.front_end(Scripted("folder", None))
    await supervisor.settled(5)
    seen: list[str] = []

    def make() -> Scripted:
        seen.extend(task.get_name() for task in asyncio.all_tasks() if task.get_name() == "front end folder")
        return Scripted("folder", None)

    await supervisor.replace("folder", make)
    await supervisor.settled(5)
    assert (seen, _state(supervisor, "folder").state) == ([], "up")
    await supervisor.replace("folder", lambda: None)
    assert supervisor.states() == ()
    await supervisor.stop()


@pytest.mark.parametrize(
    "error", [RuntimeError("a defect"), SystemExit(3), ExceptionGroup("two", [OSError("no disk")])]
)
async def test_a_front_end_that_breaks_leaves_the_others_serving_and_status_says_which(error: BaseException) -> None:
    """At its start, and in the middle of its work."""
    supervisor = Supervisor(first_wait_seconds=0.01)
    good, bad = Scripted("http", None), Scripted("folder", error)
    supervisor.front_end(good)
    supervisor.front_end(bad)
    await until(lambda: bad.runs >= 3, "it has been started again")
    await until(lambda: _state(supervisor, "folder").state == "retrying", "it is said to be tried again")
    assert type(error).__name__ in _state(supervisor, "folder").detail
    assert _state(supervisor, "http") == FrontEndStatus("http", "up", "serving")
    assert good.runs == 1
    assert not supervisor.failure.done()
    await supervisor.stop()


async def test_a_front_end_that_can_not_tell_its_status_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Supervisor()
    bad = Scripted("folder", None)
    monkeypatch.setattr(bad, "status", lambda: {}["nothing"])
    supervisor.front_end(bad)
    supervisor.front_end(Scripted("http", None))
    await supervisor.settled(5)
    assert "KeyError" in _state(supervisor, "folder").detail
    assert _state(supervisor, "http").detail == "serving"
    await supervisor.stop()
