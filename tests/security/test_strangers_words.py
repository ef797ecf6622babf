"""Names, prompts and parameters of strangers: exact where they are stored, harmless where they are shown, in bounds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.live_daemon import LiveDaemon

from config.errors import UserError
from daemon.logs.lines import line_of
from frontends.watch_folder.orders.entry import UnreadableError, entry_of
from frontends.watch_folder.orders.parse_structured import parse as parse_file
from pipeline import records, request

MARKUP = (
    "@everyone <@1> `code` ```block```",
    "<script>alert(1)</script> &amp; \"quoted\" 'single'",
    "turned \u202e round \u2066 and back \u2069",
    "line\nbreak, separators \u2028 and \u2029 within",
    "%s %n {0} {prompt} ${HOME} $(id) `id` ; rm -rf /",
    "'; DROP TABLE jobs; --",
    "zero\u200bwidth \ufeff and \U000e0041 tags",
    "Steps: 3, Sampler: x\nNegative prompt: y",
)
STEMS = (
    "..", "...", "....//..", "%2e%2e%2f", "..%c0%af", "a\\..\\..\\b", "\uff0e\uff0e\uff0fb", "\u2024\u2024\u2215b", "-rf", "--help",
    "a\nb", "a\tb", "a\x1b[2Jb", "\u202egnp", "CON", "NUL", "aux", "com1", "x" * 200, "\u00fc" * 100, "~", "~root", "$HOME", "$(id)",
    "`id`", "a;b", "a|b", "a&b", "a'b", 'a"b', "*", "?", "[a]", "{a}", "a:b", "a ", " a", "\u00a0", "@everyone", "<b>",
)  # fmt: skip
NAMES = [f"{stem}{ending}" for stem in STEMS for ending in (".txt", ".toml", ".json", ".TXT", ".error.txt")]


def snapshot(root: Path, without: Path) -> dict[str, tuple[int, ...]]:
    """Kind, size, time and inode of all that lies outside one directory."""
    found = {}
    for path in [root, *root.rglob("*")]:
        if path != without and without not in path.parents:
            facts = path.lstat()
            found[os.fsdecode(bytes(path))] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sandbox")
    (root / "home").mkdir()
    (root / "home" / "a.txt").write_text("not for you")
    return root


@pytest.fixture(scope="module")
def daemon(sandbox: Path) -> Iterator[LiveDaemon]:
    inbox = {"name": "inbox", "settle_seconds": 0, "settle_image_seconds": 0, "pairing_seconds": 0, "scan_seconds": 0.3}
    (sandbox / "logs").mkdir()
    live = LiveDaemon(
        sandbox / "state",
        {
            "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001",
            "MEZZOTINT_WATCH_FOLDER__FOLDERS": json.dumps([inbox]),
            "HOME": str(sandbox / "home"),
        },
    )
    live.log = sandbox / "state" / "daemon.log"
    (sandbox / "state").mkdir(mode=0o700)
    live.start()
    yield live
    live.stop()


def _is_awaited(path: Path) -> bool:
    """Hidden files and error texts are no orders: the folder leaves them alone."""
    return path.is_file() and not path.name.startswith(".") and not path.name.endswith(".error.txt")


def test_there_are_names_enough() -> None:
    assert len(set(NAMES)) >= 190


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.soak)])
def test_no_name_leads_out_of_the_state_directory(daemon: LiveDaemon, sandbox: Path, every: int) -> None:
    """
    1. Hostile names come as files, owners, keys, models, ids in addresses, fields of orders.
    Result: nothing beside the state directory has changed, and no answer is a defect.
    """
    before = snapshot(sandbox, daemon.state_dir)
    inbox = daemon.state_dir / "inbox"
    for name in NAMES[::every]:
        if "/" not in name and name.strip("."):
            (inbox / name).write_text("a plum\n")
    with daemon.connection() as connection:
        for stem in (*STEMS[::every], "../../etc/passwd", "/etc/passwd", "a\x00b", "\x00"):
            for body in (
                {"owner": stem}, {"owner": f"cli:{stem}"}, {"model": stem}, {"image": stem}, {"scheduler": stem},
                {"key": f"k{stem}", "steps": 0}, {"origin": stem}, {"parent": stem}, {stem: stem},
            ):  # fmt: skip
                status, answer = connection.call("POST", "/v1/jobs", {"prompt": "a", **body})
                # A name like CON is an owner like any other.
                assert status in ((201, 400) if "owner" in body else (400, 404)), (body, status, answer)
                assert status == 201 or len(answer["error"]["message"]) < 400
            status, answer = connection.call("POST", "/v1/verify", {"picture": stem})
            assert status in (400, 404), (stem, answer)
    from daemon.cli.client import segment

    with daemon.connection() as connection:
        for stem in (*STEMS[::every], "../../etc/passwd", "/etc/passwd", "a\x00b"):
            for path in (f"/v1/jobs/{segment(stem)}", f"/v1/pictures/{segment(stem)}", f"/v1/models/{segment(stem)}"):
                status, answer = connection.call("GET", path)
                assert status == 404, (path, status, answer)
                assert "root:" not in json.dumps(answer)
    daemon.until(lambda: not any(_is_awaited(path) for path in inbox.rglob("*")), 300, "every order has ended")
    outbox = list((daemon.state_dir / "outbox").rglob("*.png"))
    assert outbox
    assert all(path.name.isprintable() and path.resolve().is_relative_to(daemon.state_dir) for path in outbox)
    assert snapshot(sandbox, daemon.state_dir) == before


@pytest.mark.slow
@pytest.mark.parametrize("prompt", MARKUP, ids=range(len(MARKUP)))
def test_markup_is_stored_exactly_and_shown_harmlessly(daemon: LiveDaemon, prompt: str) -> None:
    job = daemon.submit(prompt, steps=1, width=64, height=64)
    [done] = daemon.wait(job)
    assert done["request"]["prompt"] == prompt
    found = records.read_png(Path(done["pictures"][0]["path"]).read_bytes())
    assert found.record is not None
    assert found.record.request.prompt == prompt
    table = daemon.command_line("jobs", "--limit", "3").stdout
    assert all(line.isprintable() for line in table.split("\n"))
    for line in daemon.log.read_text().split("\n")[:-1]:
        assert line.isprintable()
        json.loads(line)


@given(st.text())
def test_one_record_of_the_log_is_one_line_that_steers_nothing(text: str) -> None:
    line = line_of({"event": "x", "level": "info", "timestamp": "now", "text": text, text: 1}).decode()
    assert line[:-1].isprintable()
    assert line.endswith("\n")
    assert json.loads(line)["event"] in ("x", 1)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from([2**63, -(2**63), 10**9, 10**400, 1e308, float("nan"), float("inf"), "1e999", "9" * 5000, "\x00", "x" * 100_000])
    | st.lists(st.integers(), max_size=3) | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)  # fmt: skip
FIELDS = st.dictionaries(st.sampled_from([*request.Request.model_fields, "other", "size", "lane"]), VALUES, max_size=5)
COUNTS = [150, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]


def _is_in_bounds(asked: request.Request) -> bool:
    sides = all(side is None or (64 <= side <= 4096 and side % 8 == 0) for side in (asked.width, asked.height))
    numbers = (asked.steps is None or 1 <= asked.steps <= 150) and 1 <= asked.count <= 64
    return sides and numbers and 0 < len(asked.prompt) <= 4000


@pytest.mark.parametrize("count", COUNTS)
def test_an_order_is_in_bounds_or_refused_in_one_short_line(count: int) -> None:
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(FIELDS)
    def judge(fields: dict[str, Any]) -> None:
        entry = entry_of(1, fields)
        if entry.error is None:
            try:
                asked = request.parse({"prompt": "a", **entry.fields})
            except UserError as refused:
                assert refused.message.isprintable()
                assert len(refused.message) < 300
            else:
                assert _is_in_bounds(asked)
        else:
            assert len(entry.error) < 500

    judge()


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".toml", ".".join("a" * 200_000) + "=1"),
        (".toml", "prompt='a'\nsteps=0x" + "f" * 20_000),
        (".yaml", "prompt: a\nsteps: 1" + ":1" * 100_000),
        (".yaml", "prompt: a\nsteps: 1" + ":1" * 100_000 + ".5"),
        (".yaml", "prompt: a\nsteps: 0x" + "f" * 20_000),
        (".yaml", "!!python/object/apply:os.system ['id']"),
        (".yaml", "a: &a [x]\nb: [*a, *a]"),
        (".yaml", "[" * 50_000),
        (".json", "[" * 50_000),
        (".json", '{"prompt": "a", "steps": ' + "1" * 5000 + "}"),
        (
            ".json",
            "{" + ",".join(f'"k{n}": 1' for n in range(40_000)) + ', "jobs": [' + ",".join(["{}"] * 9_000) + "]}",
        ),
    ],
    ids=range(11),
)
@pytest.mark.timeout(20)
def test_what_would_take_a_parser_for_ever_is_refused_at_once(tmp_path: Path, ending: str, text: str) -> None:
    file = tmp_path / f"a{ending}"
    file.write_text(text)
    with file.open("rb") as opened:
        try:
            [entry] = parse_file(opened, ending)
        except UnreadableError as refused:
            assert len(refused.message) < 300
        else:
            assert entry.error is not None


def test_a_record_whose_facts_no_answer_could_hold_is_none() -> None:
    for wrong in ('"facts": {"x": NaN}', '"facts": {"x": Infinity}', '"created_at": 9e18'):
        with pytest.raises(UserError):
            records.from_json("{" + wrong + "}")
