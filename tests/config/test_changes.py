"""What a running daemon takes over of new settings, and what waits for a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import changes, keys
from config.settings import Settings


def settings(**sections: Any) -> Settings:
    return Settings.model_validate({"state_dir": Path("/state"), **sections})


def test_nothing_changes_when_nothing_differs() -> None:
    assert changes.between(settings(), settings()) == changes.Change(settings(), (), ())


def test_what_can_change_changes_and_the_rest_keeps_its_value_and_is_named() -> None:
    wanted = settings(
        queue={"max_attempts": 7}, engine={"device": "cuda:1", "stall_seconds": 5}, log={"level": "debug"}
    )
    change = changes.between(settings(), wanted)
    assert change.now == ("queue.max_attempts", "engine.stall_seconds", "log.level")
    assert change.at_restart == ("engine.device",)
    assert change.settings == settings(queue={"max_attempts": 7}, engine={"stall_seconds": 5}, log={"level": "debug"})


def test_what_waits_is_named_until_it_is_taken_back() -> None:
    first = changes.between(settings(), settings(engine={"threads": 2}))
    assert changes.between(first.settings, settings(engine={"threads": 2}, stop={"grace_seconds": 1})).at_restart == (
        "engine.threads",
    )
    assert changes.between(first.settings, settings()).at_restart == ()


def test_folders_change_as_one() -> None:
    change = changes.between(settings(), settings(watch_folder={"folders": [{"name": "inbox"}, {"name": "studio"}]}))
    assert change.now == ("watch_folder.folders",)
    assert [folder.name for folder in change.settings.watch_folder.folders] == ["inbox", "studio"]


def test_each_live_name_is_the_beginning_of_a_key() -> None:
    assert [live for live in changes.LIVE if not any(key.startswith(live) for key in keys.every())] == []
