"""Everything that is wrong is told at once, by the name the operator wrote, with what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from config import sources
from config.errors import ConfigurationError, Problem


def folders(*values: dict[str, object]) -> str:
    return json.dumps(values)


def about(problems: tuple[Problem, ...], word: str) -> Problem:
    found = [each for each in problems if word in each.key or word in each.message]
    assert len(found) == 1, problems
    return found[0]


def test_all_problems_are_told_at_once(configuration: Any) -> None:
    """
    1. The file has an unknown key, an unknown table and a value out of bounds.
    2. The environment has an unknown variable, a wrong choice and a text that is no JSON.
    Result: six problems, each with its own name, and the error says how many.
    """
    configuration.file.write_text("colour = 1\n[engin]\nx = 1\n[queue]\nmax_attempts = 0\n")
    variables = {
        "MEZZOTINT_SPEED": "9",
        "MEZZOTINT_LOG__LEVEL": "loud",
        "MEZZOTINT_WATCH_FOLDER__FOLDERS": "[nonsense",
    }

    problems = configuration.refused(**variables)

    assert {each.key.partition(" in ")[0] for each in problems} == {
        "colour",
        "engin",
        "queue.max_attempts",
        "MEZZOTINT_SPEED",
        "MEZZOTINT_LOG__LEVEL",
        "MEZZOTINT_WATCH_FOLDER__FOLDERS",
    }
    assert len(problems) == 6
    with pytest.raises(ConfigurationError, match="6 problems"):
        configuration.load(**variables)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[engine]\nthread = 1\n", "engine.threads"),
        ("[engin]\n", "engine"),
        ("[queue]\ngrace_seconds = 1\n", "stop.grace_seconds"),
        ("threads = 1\n", "engine.threads"),
        ("[watch_folder]\n[[watch_folder.folders]]\nsettle_second = 1\n", "watch_folder.folders.settle_seconds"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(configuration: Any, text: str, meant: str) -> None:
    configuration.file.write_text(text)

    (problem,) = configuration.refused()

    assert problem.message == "there is no such setting"
    assert str(configuration.file) in problem.key
    assert problem.hint is not None
    assert meant in problem.hint


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MEZZOTINT_ENGINE__KIN", "MEZZOTINT_ENGINE__KIND"),
        ("MEZZOTINT_ENGINES__KIND", "MEZZOTINT_ENGINE__KIND"),
        ("MEZZOTINT_STATEDIR", "MEZZOTINT_STATE_DIR"),
        ("MEZZOTINT_ENGINE_KIND", "MEZZOTINT_ENGINE__KIND"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_one(configuration: Any, name: str, meant: str) -> None:
    (problem,) = configuration.refused(**{name: "fake"})

    assert problem == Problem(name, "there is no such setting", f"did you mean {meant}?")


def test_a_wrong_choice_is_told_with_the_right_ones(configuration: Any) -> None:
    (problem,) = configuration.refused(MEZZOTINT_ENGINE__KIND="locale")

    assert problem == Problem(
        "MEZZOTINT_ENGINE__KIND", "must be 'local' or 'fake'; it is 'locale'", "did you mean 'local'?"
    )


def test_a_value_of_the_file_is_blamed_on_the_file_although_a_variable_sets_its_neighbour(configuration: Any) -> None:
    configuration.file.write_text('[engine]\nthreads = "many"\n')

    (problem,) = configuration.refused(MEZZOTINT_ENGINE__MAX_BATCH="2")

    assert problem.key == f"engine.threads in {configuration.file}"
    assert "'many'" in problem.message


def test_a_slip_of_toml_is_told_with_its_line(configuration: Any) -> None:
    configuration.file.write_text("[engine]\nthreads = 1\ndevice = cpu\n")

    (problem,) = configuration.refused()

    assert problem.key == str(configuration.file)
    assert "line 3" in problem.message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\na = 2\n", b"x" * (1024 * 1024 + 1), b"[a]\n" + b"[" * 9_000])
def test_a_file_that_makes_no_sense_is_a_problem_and_not_a_traceback(configuration: Any, content: bytes) -> None:
    configuration.file.write_bytes(content)

    assert configuration.refused()[0].key == str(configuration.file)


def test_a_named_file_that_is_not_there_is_a_problem(configuration: Any, tmp_path: Path) -> None:
    (problem,) = configuration.refused(tmp_path / "none.toml")

    assert problem.message == "there is no such file"


def test_a_directory_in_the_place_of_the_file_is_a_problem(configuration: Any, tmp_path: Path) -> None:
    (problem,) = configuration.refused(tmp_path)

    assert problem.message.startswith("can't be read")


def test_the_file_of_the_state_directory_can_not_move_it(configuration: Any) -> None:
    configuration.file.write_text('state_dir = "/elsewhere"\n')
    environ = {"XDG_STATE_HOME": str(configuration.state_dir.parent)}
    os.rename(configuration.state_dir, configuration.state_dir.with_name("mezzotint"))

    configuration.environ = environ
    (problem,) = configuration.refused()

    assert problem.key.startswith("state_dir in ")


@pytest.mark.parametrize("key", ["outbox", "done", "failed"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_place_of_results_may_not_meet_the_watched_folder(
    configuration: Any, tmp_path: Path, key: str, inside: bool
) -> None:
    watched = tmp_path / "watched"
    other = watched / "deep" / "er" if inside else tmp_path

    problems = configuration.refused(
        MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "a", "path": str(watched), key: str(other)})
    )

    assert any(each.message.startswith("path (") and f"and {key} (" in each.message for each in problems)


def test_symbolic_links_do_not_hide_that_one_place_lies_inside_another(configuration: Any, tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    (watched / "results").mkdir(parents=True)
    (tmp_path / "link").symlink_to(watched / "results")

    problems = configuration.refused(
        MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "a", "path": str(watched), "outbox": str(tmp_path / "link")})
    )

    assert "outbox" in problems[0].message


def test_one_folder_may_not_watch_the_results_of_another(configuration: Any, tmp_path: Path) -> None:
    results = tmp_path / "results"

    (problem,) = configuration.refused(
        MEZZOTINT_WATCH_FOLDER__FOLDERS=folders(
            {"name": "a", "path": str(tmp_path / "a"), "outbox": str(results)},
            {"name": "b", "path": str(results / "x")},
        )
    )

    assert problem.key == "watch_folder.folders (a, b)"


def test_two_folders_may_share_their_outbox(configuration: Any, tmp_path: Path) -> None:
    shared = str(tmp_path / "shared")

    configuration.load(
        MEZZOTINT_WATCH_FOLDER__FOLDERS=folders(
            {"name": "a", "path": str(tmp_path / "a"), "outbox": shared},
            {"name": "b", "path": str(tmp_path / "b"), "outbox": shared},
        )
    )


def test_two_folders_with_default_places_do_not_meet(configuration: Any) -> None:
    configuration.load(MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "inbox"}, {"name": "cards"}))


@pytest.mark.parametrize("name", ["pictures", "inputs", "quarantine", "run"])
def test_a_folder_may_not_be_named_like_what_the_daemon_keeps(configuration: Any, name: str) -> None:
    problems = configuration.refused(MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": name}))

    assert "keeps its own files" in problems[0].message


def test_the_state_directory_itself_may_not_be_watched(configuration: Any) -> None:
    problems = configuration.refused(
        MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "all", "path": str(configuration.state_dir)})
    )

    assert any("keeps its own files" in each.message for each in problems)


def test_names_of_folders_are_used_once(configuration: Any, tmp_path: Path) -> None:
    problems = configuration.refused(
        MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "a"}, {"name": "a", "path": str(tmp_path / "other")})
    )

    assert about(problems, "are named").message == "2 folders are named 'a'"


@pytest.mark.parametrize("path", ["orders", "../orders", "."])
def test_a_relative_folder_is_refused(configuration: Any, path: str) -> None:
    (problem,) = configuration.refused(MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "a", "path": path}))

    assert problem.message == f"path is relative: {path!r}"


@pytest.mark.parametrize("path", ["/a\0b", "~nobody-of-that-name/x"])
def test_a_path_that_no_system_has_is_a_problem(configuration: Any, path: str) -> None:
    (problem,) = configuration.refused(MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "a", "path": path}))

    assert problem.key == "watch_folder.folders (a)"


def test_folders_that_are_not_watched_may_lie_anywhere(configuration: Any) -> None:
    configuration.load(
        MEZZOTINT_WATCH_FOLDER__ENABLED="false", MEZZOTINT_WATCH_FOLDER__FOLDERS=folders({"name": "pictures"})
    )


def test_a_state_directory_too_long_for_a_socket_is_refused_to_the_byte(configuration: Any, tmp_path: Path) -> None:
    room = 107 - len(os.fsencode(tmp_path)) - len("//run/control.sock")
    fits, too_long = str(tmp_path / ("a" * room)), str(tmp_path / ("a" * (room + 1)))
    assert configuration.load(MEZZOTINT_STATE_DIR=fits).state_dir == Path(fits)

    (problem,) = configuration.refused(MEZZOTINT_STATE_DIR=too_long)

    assert problem.key == "state_dir"
    assert "108 bytes" in problem.message


def test_a_file_in_the_place_of_the_state_directory_is_found_by_the_check(configuration: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    (problem,) = configuration.problems(MEZZOTINT_STATE_DIR=str(tmp_path / "file" / "state"))

    assert problem.message == f"{tmp_path / 'file'} is not a directory"


def test_a_state_directory_that_may_not_be_written_is_found_by_the_check(
    configuration: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != configuration.state_dir)

    (problem,) = configuration.problems()

    assert "may not be written" in problem.message
    assert configuration.load().state_dir == configuration.state_dir, "a client needs no right to write"


def test_a_configuration_without_problems_has_none(configuration: Any) -> None:
    assert configuration.problems() == ()


def test_a_state_directory_that_can_not_even_be_looked_into_is_a_problem_not_a_traceback() -> None:
    found = sources.find_problems(None, {"MEZZOTINT_STATE_DIR": "/tmp/" + "a" * 300})

    assert "can't be read" in found[0].message


HOST = '[[webhooks.hosts]]\nname = "hooks.example"\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('[[webhooks.hosts]]\nname = "127.1"', "webhooks.hosts.name", "has a number for a name"),
        (f"{HOST}http = true", "webhooks.hosts (hooks.example)", "private is not"),
        (f"{HOST}{HOST}", "webhooks.hosts", "more than once"),
        (f"{HOST}secret = 'x'", "webhooks.hosts.secret", "no such setting"),
        (
            f'{HOST}[[webhooks.subscriptions]]\nname = "a"\nurl = "https://other.example/"',
            "webhooks.subscriptions (a)",
            "other.example is not a host that may be told",
        ),
        (
            f'{HOST}[[webhooks.subscriptions]]\nname = "a"\nurl = "http://hooks.example/"',
            "webhooks.subscriptions (a)",
            "over https only",
        ),
        ('[[retention.rules]]\nowner = "folder"', "retention.rules.owner", "pattern"),
        ('[[retention.rules]]\nowner = "folder:*:x"', "retention.rules.owner", "pattern"),
        ("[[retention.rules]]\nkeep_days = -1", "retention.rules.keep_days", "greater than or equal to 0"),
        ('[[retention.rules]]\nstate = "running"', "retention.rules.state", "done"),
    ],
)
def test_what_can_not_be_of_webhooks_and_retention_is_named(tmp_path: Path, text: str, key: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    found = sources.find_problems(path, {"MEZZOTINT_STATE_DIR": str(tmp_path / "state")}, system=tmp_path / "none")
    assert [(each.key.partition(" in ")[0], words in each.message) for each in found] == [(key, True)], found


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("figures.prom", "is relative"),
        ("{}", "is a directory"),
        ("{}/state/inbox/figures.prom", "would be taken for something else"),
        ("{}/state/pictures/figures.prom", "would be taken for something else"),
        ("{}/state/mezzotint.db", "is a file of the daemon itself"),
    ],
)
def test_a_text_file_in_the_way_of_something_is_a_problem(
    configuration: Any, tmp_path: Path, path: str, what: str
) -> None:
    given = {
        "MEZZOTINT_STATE_DIR": str(tmp_path / "state"),
        "MEZZOTINT_METRICS__TEXTFILE": path.format(tmp_path),
    }
    problem = about(configuration.refused(**given), "metrics.textfile")
    assert what in problem.message
    assert problem.hint


def test_an_empty_text_file_is_none(configuration: Any) -> None:
    assert configuration.load(MEZZOTINT_METRICS__TEXTFILE="").metrics.textfile is None


@pytest.mark.parametrize(
    ("base", "meant"),
    [
        ("https://discord.com/api/v10/", "https://discord.com/api/v10"),
        ("http://127.0.0.1:5000/api/v10", "http://127.0.0.1:5000/api/v10"),
        ("http://localhost/api/v10", "http://localhost/api/v10"),
        ("http://[::1]:1/api/v10", "http://[::1]:1/api/v10"),
    ],
)
def test_the_root_of_discord_may_be_another_one(configuration: Any, base: str, meant: str) -> None:
    assert configuration.load(MEZZOTINT_DISCORD__API_BASE=base).discord.api_base == meant


@pytest.mark.parametrize("base", ["http://discord.example/api/v10", "ftp://127.0.0.1/", "discord.com", "https://a@b/"])
def test_the_token_never_travels_in_the_open(configuration: Any, base: str) -> None:
    (problem,) = configuration.refused(MEZZOTINT_DISCORD__API_BASE=base)

    assert problem.key == "MEZZOTINT_DISCORD__API_BASE"
