"""``mezzotint check``: where each setting comes from, and which are allowed but risky."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config import mounts
from config.mounts import Mount

Checked = Any


@pytest.fixture
def checked(mezzotint: Any, tmp_path: Path) -> Checked:
    """Checks a configuration file with this text; the document, after seeing that nothing keeps a daemon from it."""

    def run(text: str = "", **variables: str) -> Any:
        file = tmp_path / "given.toml"
        file.write_text(text)
        variables = {"MEZZOTINT_ENGINE__KIND": "local", **variables}
        done = mezzotint("check", "--config", str(file), "--json", **variables)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        return json.loads(done.stdout)

    return run


def _warned(document: Any) -> dict[str, str]:
    return {each["key"]: each["message"] for each in document["warnings"]}


def test_ordinary_settings_give_no_warning(checked: Checked) -> None:
    document = checked()
    assert set(document) == {"settings", "problems", "sources", "warnings"}
    assert (document["problems"], document["warnings"]) == ([], [])


def test_each_setting_names_what_set_it(checked: Checked, tmp_path: Path) -> None:
    text = (
        "[queue]\nmax_attempts = 5\n[log.levels]\n'daemon.dispatch' = 'debug'\n[[watch_folder.folders]]\nname = 'in'\n"
    )
    sources = checked(text, MEZZOTINT_LOG__LEVEL="error")["sources"]
    assert sources["queue.max_attempts"] == f"file {tmp_path / 'given.toml'}"
    assert sources["log.levels.daemon.dispatch"] == f"file {tmp_path / 'given.toml'}"
    assert sources["watch_folder.folders"] == f"file {tmp_path / 'given.toml'}"
    assert sources["log.level"] == "variable MEZZOTINT_LOG__LEVEL"
    assert sources["state_dir"] == "variable MEZZOTINT_STATE_DIR"
    assert sources["queue.max_queued"] == sources["http.socket_path"] == "default"


def test_a_section_set_as_json_is_told_key_by_key(checked: Checked) -> None:
    sources = checked(MEZZOTINT_QUEUE='{"max_attempts": 4}')["sources"]
    assert sources["queue.max_attempts"] == "variable MEZZOTINT_QUEUE"
    assert sources["queue.max_queued"] == "default"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("[storage]\nsynchronous = 'normal'", "storage.synchronous", "power cut"),
        ("[storage]\nmin_free_bytes = 0", "storage.min_free_bytes", "until the disk is full"),
        ("[queue]\nmax_attempts = 1", "queue.max_attempts", "not tried again"),
        ("[discord]\nenabled = true\napi_base = 'https://proxy.example/api/v10'", "discord.api_base", "go there"),
        ("[http]\nsocket_mode = '0666'", "http.socket_mode", "every user of this machine"),
        ("[stop]\ngrace_seconds = 161", "stop.grace_seconds", "killed after 180 s"),
        ("[log.levels]\n'daemon.dispach' = 'debug'", "log.levels", "daemon.dispach"),
        ("[log.levels]\n'no_such_library' = 'debug'", "log.levels", "no_such_library"),
        ("[models]\ndefault = 'startr'", "models.default", "is not registered"),
        ("[[watch_folder.folders]]\nsettle_seconds = 0", "watch_folder.folders (inbox)", "settle_seconds is 0"),
        ("[[watch_folder.folders]]\nsettle_image_seconds = 0", "watch_folder.folders (inbox)", "read in part"),
    ],
)
def test_a_risky_setting_is_warned_of(checked: Checked, text: str, key: str, says: str) -> None:
    document = checked(text)
    assert list(_warned(document)) == [key]
    assert says in _warned(document)[key]
    assert document["warnings"][0]["hint"]


def test_the_fake_engine_is_warned_of(checked: Checked) -> None:
    assert "test pictures" in _warned(checked(MEZZOTINT_ENGINE__KIND="fake"))["engine.kind"]


@pytest.mark.parametrize(
    "text",
    [
        "[http]\nsocket_mode = '0660'",
        "[stop]\ngrace_seconds = 160",
        "[log.levels]\n'daemon.dispatch' = 'debug'\ndaemon = 'info'\n'uvicorn.error' = 'info'\nsqlalchemy = 'info'",
        "[watch_folder]\nenabled = false\n[[watch_folder.folders]]\nsettle_seconds = 0",
    ],
)
def test_what_is_near_a_risk_is_not_warned_of(checked: Checked, text: str) -> None:
    assert checked(text)["warnings"] == []


def test_the_nearest_module_is_named(checked: Checked) -> None:
    (warning,) = checked("[log.levels]\n'daemon.dispach' = 'debug'")["warnings"]
    assert warning["hint"] == "did you mean daemon.dispatch?"


def test_a_key_that_a_variable_overrules_is_warned_of(checked: Checked) -> None:
    document = checked("[queue]\nmax_attempts = 5\nmax_queued = 9", MEZZOTINT_QUEUE__MAX_ATTEMPTS="4")
    assert "MEZZOTINT_QUEUE__MAX_ATTEMPTS decides" in _warned(document)["queue.max_attempts"]
    assert len(document["warnings"]) == 1


def test_a_network_file_system_is_warned_of(checked: Checked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    share = tmp_path / "share"
    monkeypatch.setattr(mounts, "mounts", lambda: [Mount(Path("/"), "ext4"), Mount(share.resolve(), "nfs4")])
    folder = f"[[watch_folder.folders]]\npath = '{share / 'in'}'"
    assert set(_warned(checked(folder))) == {"watch_folder.folders (inbox)"}
    warned = _warned(checked(MEZZOTINT_STATE_DIR=str(share / "state")))
    assert "needs a local disk" in warned["state_dir"]


def test_a_register_of_models_that_makes_no_sense_is_a_warning(checked: Checked, state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "models.json").write_text("{")
    assert "can't be looked up" in _warned(checked("[models]\ndefault = 'mine'"))["models.default"]


def test_warnings_are_told_in_words_too(mezzotint: Any) -> None:
    done = mezzotint("check", MEZZOTINT_QUEUE__MAX_ATTEMPTS="1")
    assert done.returncode == 0
    assert "warning: queue.max_attempts: is 1" in done.stdout
    assert done.stdout.endswith("no problems, 2 warnings\n")
