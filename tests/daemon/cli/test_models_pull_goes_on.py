"""``mezzotint models pull`` after a try that ended midway, beside another one, and from a hub that gets stuck."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from support import fake_hub
from support.fake_hub import REPOSITORY, FakeHub, Request, send
from support.live_daemon import COMMAND
from support.model_folders import model_folder, safetensors

from config.errors import UserError
from daemon.cli.main import main
from pipeline.models.pull import library
from pipeline.models.pull.hub import Hub, WrongAnswerError

UNET = "unet/diffusion_pytorch_model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"
BIG = safetensors({"a": {"dtype": "U8", "shape": [1_000_000], "data_offsets": [0, 1_000_000]}}, bytes(1_000_000))

Pull = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    with fake_hub.running() as running:
        running.push_folder(model_folder(tmp_path / "source"))
        running.push({**running.commits[running.branch], UNET: BIG})
        yield running


@pytest.fixture
def places(tmp_path: Path) -> Path:
    return tmp_path / "state" / "models"


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    return fake_hub.surroundings(tmp_path / "state", tmp_path / "home")


@pytest.fixture
def pull(hub: FakeHub, surroundings: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Pull:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        arguments = ["models", "pull", REPOSITORY, "--endpoint", hub.address, *more]
        with mock.patch.dict(os.environ, surroundings, clear=True):
            code = main(arguments)
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return run


def breaks_off(hub: FakeHub, name: str, after: int) -> None:
    """The line breaks in this file, and then the hub wants to be left alone for an hour."""
    broken: list[str] = []

    def spoil(request: Request) -> bool:
        if request.name != name or request.host != "cdn":
            return False
        if broken:
            return request.answer(429, Retry_After="3600")
        broken.append(name)
        return send(hub, request, hub.commits[request.commit][name], only=after)

    hub.spoil = spoil


def heals(hub: FakeHub) -> dict[str, int]:
    """The hub does right from now on; the bytes it has sent until now, by file."""
    hub.spoil = lambda request: False
    return dict(hub.sent)


def hidden(places: Path) -> list[str]:
    return [path.name for path in places.glob(".*")]


def test_a_part_that_was_spoilt_meanwhile_is_fetched_anew_by_the_same_command(
    hub: FakeHub, pull: Pull, places: Path
) -> None:
    breaks_off(hub, UNET, 500_000)
    assert pull().returncode == 75
    (part,) = places.rglob("*.part")
    held = part.stat().st_size
    assert 0 < held < len(BIG)
    part.write_bytes(b"x" * held)
    before = heals(hub)
    done = pull()
    assert done.returncode == 0, done.stderr
    assert hub.sent[UNET] - before[UNET] == (len(BIG) - held) + len(BIG)
    assert (places / "tiny" / UNET).read_bytes() == BIG


def test_a_pull_goes_on_although_the_branch_moved_and_leaves_nothing_behind(
    hub: FakeHub, pull: Pull, places: Path
) -> None:
    """
    1. A pull breaks off midway in one file.
    2. That file changes on the hub, the others stay.
    Result: the new commit is fetched, its unchanged files are not, no part of the old file is used or left.
    """
    breaks_off(hub, VAE, 20)
    assert pull().returncode == 75
    newer = safetensors(data=b"\x01" * 16)
    commit = hub.push({**hub.commits[hub.branch], VAE: newer})
    before = heals(hub)
    done = pull()
    assert done.returncode == 0, done.stderr
    assert commit in done.stdout
    assert (places / "tiny" / VAE).read_bytes() == newer
    assert hub.sent[UNET] == before[UNET] == len(BIG)
    assert hub.sent[VAE] - before[VAE] == len(newer)
    assert hidden(places) == []
    assert list(places.rglob("*.part")) == []


def test_wrong_weights_end_the_pull_before_the_next_file_and_nothing_is_kept(
    hub: FakeHub, pull: Pull, places: Path
) -> None:
    hub.push({**hub.commits[hub.branch], UNET: b"\x80\x04" + bytes(100)})
    done = pull()
    assert done.returncode == 1
    assert UNET in done.stderr
    assert "nothing of it was kept" in done.stderr
    assert VAE not in hub.sent
    assert list(places.iterdir()) == []


def test_classes_that_are_not_known_end_the_pull_before_any_weights(hub: FakeHub, pull: Pull) -> None:
    hub.push({**hub.commits[hub.branch], "model_index.json": b'{"_class_name": "Evil", "unet": ["os", "system"]}'})
    assert pull().returncode == 1
    assert set(hub.sent) == {"model_index.json"}


def test_a_second_pull_of_the_same_model_waits_for_nothing_and_says_so(hub: FakeHub, pull: Pull, places: Path) -> None:
    root = places / ".pull-tiny"
    root.mkdir(parents=True)
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        done = pull()
    finally:
        os.close(descriptor)
    assert (done.returncode, "under way" in done.stderr) == (75, True)
    assert hub.sent == {}
    assert pull().returncode == 0


def test_a_place_that_takes_no_more_is_told_and_the_pull_goes_on_when_it_does(
    hub: FakeHub, surroundings: dict[str, str], pull: Pull, places: Path
) -> None:
    done = subprocess.run(
        [*COMMAND, "models", "pull", REPOSITORY, "--endpoint", hub.address],
        env=surroundings,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 75, done.stderr
    assert "can't be written" in done.stderr
    assert "goes on" in done.stderr
    before = heals(hub)
    (part,) = places.rglob("*.part")
    held = part.stat().st_size
    assert held > 0
    assert pull().returncode == 0
    assert hub.sent[UNET] - before[UNET] == len(BIG) - held


def test_a_disk_without_room_is_told_before_anything_large_comes(hub: FakeHub, pull: Pull) -> None:
    hub.listed[UNET] = {"lfs": {"size": 190 * 10**9, "sha256": "0" * 64, "pointerSize": 130}}
    with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=10**9)):
        done = pull()
    assert (done.returncode, "free" in done.stderr) == (75, True)
    assert UNET not in hub.sent


@pytest.mark.slow
def test_a_hub_that_falls_silent_midway_is_left_and_gone_on_with(
    hub: FakeHub, pull: Pull, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "QUIET_SECONDS", 0.5)
    silent: list[str] = []

    def spoil(request: Request) -> bool:
        if request.name != UNET or request.host != "cdn" or silent:
            return False
        silent.append(request.name)
        send(hub, request, BIG, only=300_000)
        request.handler.wfile.flush()
        time.sleep(2)
        return True

    hub.spoil = spoil
    done = pull()
    assert done.returncode == 0, done.stderr
    assert hub.sent[UNET] == len(BIG)


def test_a_listing_that_drips_in_for_ever_is_given_up(
    hub: FakeHub, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "MAX_ANSWER_SECONDS", 0.5)

    def spoil(request: Request) -> bool:
        request.handler.send_response(200)
        request.handler.end_headers()
        for _ in range(100):
            request.handler.wfile.write(b" ")
            request.handler.wfile.flush()
            time.sleep(0.05)
        return True

    hub.spoil = spoil
    began = time.monotonic()
    done = pull()
    assert (done.returncode, "no sense" in done.stderr) == (1, True), done.stderr
    assert time.monotonic() - began < 4


def test_a_file_of_another_commit_is_not_taken(hub: FakeHub, pull: Pull, places: Path) -> None:
    hub.spoil = lambda request: (
        request.name == "unet/config.json" and request.answer(200, b"{}", X_Repo_Commit="f" * 40)
    )
    done = pull()
    assert (done.returncode, "another commit" in done.stderr) == (1, True)
    assert not (places / "tiny").exists()


def test_the_hub_can_not_send_from_an_encrypted_address_to_one_that_is_not() -> None:
    hub = Hub("https://hub.example", "hf_canary")
    with pytest.raises(WrongAnswerError, match="unencrypted"):
        hub._next("https://hub.example/file", "http://hub.example/file")
    assert "authorization" not in hub._headers("https://hub.example:444/file", 0)
    assert "authorization" not in hub._headers("https://hub.example.evil/file", 0)
    assert hub._headers("https://hub.example/file", 0)["authorization"] == "Bearer hf_canary"


@pytest.mark.parametrize(
    "endpoint", ["http://hub.example", "ftp://hub.example", "https://a@hub.example", "hub.example"]
)
def test_a_token_goes_to_no_address_that_is_not_encrypted_or_none(endpoint: str) -> None:
    with pytest.raises(UserError) as refused:
        Hub(endpoint, "hf_canary")
    assert "hf_canary" not in f"{refused.value.message} {refused.value.hint}"


def test_a_registered_model_whose_folder_is_gone_is_told_and_comes_back_once_it_is_forgotten(
    hub: FakeHub, pull: Pull, places: Path, surroundings: dict[str, str]
) -> None:
    hub.card = {"license": "\ud800 \x1b[31m"}
    assert pull().returncode == 0
    (places / "tiny").rename(places / "moved")
    done = pull()
    assert (done.returncode, "models remove tiny" in done.stderr) == (1, True)
    with mock.patch.dict(os.environ, surroundings, clear=True):
        assert main(["models", "remove", "tiny"]) == 0
    assert pull().returncode == 0
