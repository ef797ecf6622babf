"""``mezzotint models pull`` against a hub on loopback: the real command, the real client library."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from support import fake_hub
from support.fake_hub import REPOSITORY, FakeHub, Request, send
from support.live_daemon import COMMAND
from support.model_folders import INDEX, model_folder, safetensors, write_json

from daemon.cli.main import main
from pipeline.models.checks import check
from pipeline.models.pull import staging

UNET = "unet/diffusion_pytorch_model.safetensors"
TOKEN = "hf_secretcanaryofatest"

Pull = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    with fake_hub.running() as running:
        running.push_folder(model_folder(tmp_path / "source"))
        yield running


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    return fake_hub.surroundings(tmp_path / "state", tmp_path / "home")


@pytest.fixture
def pull(hub: FakeHub, surroundings: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Pull:
    """The command in this process: starting Python anew for each would be most of the time."""

    def run(*more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        arguments = ["models", "pull", REPOSITORY, "--endpoint", hub.address, *more]
        with mock.patch.dict(os.environ, {**surroundings, **variables}, clear=True):
            code = main(arguments)
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return run


@pytest.fixture
def command(hub: FakeHub, surroundings: dict[str, str]) -> Pull:
    """The command in a process of its own."""

    def run(*more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "models", "pull", REPOSITORY, "--endpoint", hub.address, *more]
        return subprocess.run(
            command, env={**surroundings, **variables}, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def places(tmp_path: Path) -> Path:
    return tmp_path / "state" / "models"


def refused(done: subprocess.CompletedProcess[str], word: str, places: Path, code: int = 1) -> None:
    """Said in our words with the right code, and nothing there that looks like a model."""
    assert done.returncode == code, done
    assert word in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    assert [each.name for each in places.glob("[!.]*")] == []
    assert not (places.parent / "models.json").exists()


def test_a_model_is_fetched_checked_and_registered(hub: FakeHub, command: Pull, places: Path, tmp_path: Path) -> None:
    done = command("--json")
    assert done.returncode == 0, done.stdout
    view = json.loads(done.stdout)
    assert (view["name"], view["revision"], view["licence"]) == ("tiny", hub.branch, "apache-2.0")
    assert view["files"][UNET] == json.loads((places / "tiny" / "mezzotint.pull.json").read_text())["files"][UNET]
    assert check(places / "tiny") == []
    assert not any(path.is_symlink() for path in places.rglob("*"))
    assert [each.name for each in places.iterdir()] == ["tiny"]
    assert all(path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644) for path in places.rglob("*"))
    assert list((tmp_path / "home").rglob("*")) == []
    assert {commit for _, path, _ in hub.asked if "/resolve/" in path for commit in hub.commits if commit in path} == {
        hub.branch
    }


def test_what_is_here_already_is_said_and_not_fetched_again(hub: FakeHub, pull: Pull) -> None:
    assert pull().returncode == 0
    before = dict(hub.sent)
    again = pull()
    assert (again.returncode, "is here already" in again.stdout) == (0, True)
    assert hub.sent == before


def test_another_commit_under_the_same_name_is_a_conflict(hub: FakeHub, pull: Pull, tmp_path: Path) -> None:
    assert pull().returncode == 0
    (tmp_path / "source" / "README.md").write_text("Newer.\n")
    hub.push_folder(tmp_path / "source")
    done = pull()
    assert done.returncode == 1
    assert "--name" in done.stderr
    assert pull("--name", "newer").returncode == 0


def test_a_branch_that_moves_between_listing_and_fetch_changes_nothing(
    hub: FakeHub, pull: Pull, tmp_path: Path
) -> None:
    first = hub.branch

    def moving(request: Request) -> bool:
        if "/resolve/" in request.path and hub.branch == first:
            write_json(tmp_path / "source" / "unet" / "config.json", {"sample_size": 1})
            hub.push_folder(tmp_path / "source")
        return False

    hub.spoil = moving
    view = json.loads(pull("--json").stdout)
    assert view["revision"] == first != hub.branch
    assert json.loads((Path(view["path"]) / "unet" / "config.json").read_text())["sample_size"] == 32


def test_only_what_the_parts_need_is_fetched(hub: FakeHub, pull: Pull, places: Path) -> None:
    files = dict(hub.commits[hub.branch])
    unwanted = [
        "unet/diffusion_pytorch_model.bin", "unet/model.ckpt", "unet/evil.py", "unet/model.onnx", "evil.py",
        "unet/diffusion_pytorch_model.fp16.safetensors", "sd-v1-5.safetensors", "other/model.safetensors",
        "unet/../../x.json", "../x.json", "/etc/x.json", "unet/a\\b.json", "unet/a\0b.json", f"unet/{300 * 'n'}.json",
        "unet/.hidden.json", "unet/deep/er.json", "safety_checker/model.safetensors",
    ]  # fmt: skip
    hub.push({**files, **dict.fromkeys(unwanted, b"x")})
    done = pull()
    assert done.returncode == 0, done.stderr
    held = {path.relative_to(places / "tiny").as_posix() for path in places.rglob("*") if path.is_file()}
    assert held == set(files) | {"mezzotint.pull.json"}
    assert set(hub.sent) == set(files)


def test_a_variant_is_taken_when_asked_for_and_named_when_there_is_nothing_else(
    hub: FakeHub, pull: Pull, places: Path
) -> None:
    files = dict(hub.commits[hub.branch])
    files["unet/diffusion_pytorch_model.fp16.safetensors"] = files.pop(UNET)
    hub.push(files)
    refused(pull(), "fp16", places)
    assert pull("--variant", "fp16").returncode == 0
    assert (places / "tiny" / UNET).is_file()


def _index(**changes: object) -> Callable[[FakeHub], None]:
    def change(hub: FakeHub) -> None:
        hub.push({**hub.commits[hub.branch], "model_index.json": json.dumps({**INDEX, **changes}).encode()})

    return change


def _content(name: str, content: bytes) -> Callable[[FakeHub], None]:
    return lambda hub: hub.push({**hub.commits[hub.branch], name: content}) and None


def _spoil(spoil: Callable[[FakeHub, Request], bool]) -> Callable[[FakeHub], None]:
    def change(hub: FakeHub) -> None:
        hub.spoil = lambda request: spoil(hub, request)

    return change


def _lie(name: str, **entry: Any) -> Callable[[FakeHub], None]:
    return lambda hub: hub.listed.update({name: entry})


def _api(status: int, body: bytes = b"{}", **headers: str) -> Callable[[FakeHub], None]:
    return _spoil(lambda hub, request: request.path.startswith("/api/") and request.answer(status, body, **headers))


def _of_unet(answer: Callable[[FakeHub, Request], bool]) -> Callable[[FakeHub], None]:
    return _spoil(lambda hub, request: request.name == UNET and answer(hub, request))


def _endless(hub: FakeHub, request: Request) -> bool:
    request.handler.send_response(200)
    request.handler.end_headers()
    while True:
        request.handler.wfile.write(bytes(1_000_000))


LFS = {"size": 999, "sha256": "0" * 64, "pointerSize": 1}
WRONG: dict[str, tuple[Callable[[FakeHub], None], str, int]] = {
    "a pickle under a safetensors name": (_content(UNET, pickle.dumps({})), "safetensors", 1),
    "two names that differ in case": (_content("unet/CONFIG.json", b"{}"), "case", 1),
    "code asked for by a configuration": (_content("unet/config.json", b'{"auto_map": {}}'), "auto_map", 1),
    "a class that is not known": (_index(unet=["evil", "Evil"]), "list of known", 1),
    "a pipeline that is not known": (_index(_class_name="Evil"), "Evil", 1),
    "a part named out of the folder": (_index(**{"../x": ["diffusers", "AutoencoderKL"]}), "wrongly", 1),
    "an index that is no json": (_content("model_index.json", b"{"), "not JSON", 1),
    "no index": (lambda hub: hub.push({"model.safetensors": safetensors()}) and None, "layout of diffusers", 1),
    "a wrong sha256": (_lie(UNET, lfs={**LFS, "size": len(safetensors())}), "not what the hub listed", 1),
    "a wrong blob hash": (_lie("unet/config.json", blobId="0" * 40), "not what the hub listed", 1),
    "a size that is too small": (_lie(UNET, lfs={**LFS, "size": 10}), "sends more", 1),
    "a size that is too large": (_lie(UNET, lfs=LFS), "only in part", 75),
    "a size of a terabyte": (_lie(UNET, lfs={**LFS, "size": 10**12}), "--max-bytes", 1),
    "a negative size": (_lie(UNET, lfs={**LFS, "size": -1}), "size or hash", 1),
    "no hash": (_lie("unet/config.json", blobId=None), "size or hash", 1),
    "no commit": (_api(200, b'{"id": "a", "siblings": []}'), "which commit", 1),
    "no files": (_api(200, b'{"id": "a", "sha": "%s"}' % (b"a" * 40)), "list the files", 1),
    "garbage": (_api(200, b"<html>"), "no sense", 1),
    "a list": (_api(200, b"[]"), "no sense", 1),
    "deep nesting": (_api(200, b"[" * 100_000), "no sense", 1),
    "an endless listing": (
        _spoil(lambda hub, request: request.path.startswith("/api/") and _endless(hub, request)),
        "no sense",
        1,
    ),
    "an error of garbage": (_api(418, b"[1"), "418", 1),
    "closed": (_api(401), "--token-file", 1),
    "gated": (_api(403, X_Error_Code="GatedRepo"), "--token-file", 1),
    "not there": (_api(404, X_Error_Code="RepoNotFound"), "has no owner/Tiny", 1),
    "renamed": (_api(307, Location="/api/models/other/name"), "another name", 1),
    "broken": (_api(500), "500", 75),
    "too many requests for an hour": (_api(429, Retry_After="3600"), "429", 75),
    "files refused for an hour": (_of_unet(lambda hub, request: request.answer(429, Retry_After="3600")), "429", 75),
    "a file that is gone": (_of_unet(lambda hub, request: request.answer(404)), "not that file", 1),
    "a loop of redirects": (
        _of_unet(lambda hub, request: request.answer(302, Location=request.path)),
        "from one address to the next",
        1,
    ),
    "a redirect to a file": (
        _of_unet(lambda hub, request: request.answer(302, Location="file:///etc/passwd")),
        "address that is none",
        1,
    ),
    "a redirect to nowhere": (_of_unet(lambda hub, request: request.answer(302)), "address that is none", 1),
    "other content": (
        _of_unet(lambda hub, request: request.answer(200, b"x" * len(safetensors()))),
        "not what the hub listed",
        1,
    ),
    "an endless file": (
        _of_unet(lambda hub, request: request.host == "cdn" and _endless(hub, request)),
        "sends more",
        1,
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_hub_that_does_wrong_is_told_in_a_line_and_leaves_no_model(
    what: str, hub: FakeHub, pull: Pull, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "TRIES", 2)
    change, word, code = WRONG[what]
    change(hub)
    refused(pull(), word, places, code)


def test_a_hub_that_is_not_there_is_told(surroundings: dict[str, str], places: Path) -> None:
    command = [*COMMAND, "models", "pull", REPOSITORY, "--endpoint", "http://127.0.0.1:9"]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=60, check=False)
    refused(done, "can't be reached", places, 75)


def test_an_environment_that_forbids_fetching_is_named(hub: FakeHub, pull: Pull, places: Path) -> None:
    refused(pull(HF_HUB_OFFLINE="1"), "env -u HF_HUB_OFFLINE", places, 2)
    assert hub.asked == []


def test_a_broken_line_goes_on_where_it_broke(hub: FakeHub, pull: Pull) -> None:
    big = safetensors({"a": {"dtype": "U8", "shape": [1_000_000], "data_offsets": [0, 1_000_000]}}, bytes(1_000_000))
    hub.push({**hub.commits[hub.branch], UNET: big})

    def breaking(request: Request) -> bool:
        first = request.host == "cdn" and request.name == UNET and not request.handler.headers.get("range")
        return first and send(hub, request, big, only=600_000)

    hub.spoil = breaking
    done = pull()
    assert done.returncode == 0, done.stderr
    assert hub.sent[UNET] == len(big)


def test_a_pull_that_is_killed_goes_on_and_fetches_nothing_whole_again(
    hub: FakeHub, pull: Pull, places: Path, surroundings: dict[str, str]
) -> None:
    big = safetensors({"a": {"dtype": "U8", "shape": [4_000_000], "data_offsets": [0, 4_000_000]}}, bytes(4_000_000))
    hub.push({**hub.commits[hub.branch], UNET: big})
    hub.spoil = lambda request: request.host == "cdn" and request.name == UNET and send(hub, request, big, slowly=0.1)
    command = [*COMMAND, "models", "pull", REPOSITORY, "--endpoint", hub.address]
    with subprocess.Popen(command, env=surroundings, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while hub.sent.get(UNET, 0) < 2_500_000:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    assert [each.name for each in places.glob("[!.]*")] == []
    time.sleep(0.3)
    before, hub.spoil = dict(hub.sent), lambda request: False
    done = pull()
    assert done.returncode == 0, done.stderr
    assert {name for name, count in before.items() if hub.sent[name] != count} == {UNET}
    assert 0 < hub.sent[UNET] - before[UNET] < len(big) - 1_000_000
    assert [each.name for each in places.iterdir()] == ["tiny"]


def test_a_pull_that_was_killed_before_it_registered_is_finished(hub: FakeHub, pull: Pull, tmp_path: Path) -> None:
    assert pull().returncode == 0
    (tmp_path / "state" / "models.json").unlink()
    before = dict(hub.sent)
    assert pull().returncode == 0
    assert hub.sent == before
    (tmp_path / "state" / "models.json").unlink()
    (tmp_path / "state" / "models" / "tiny" / "unet" / "config.json").write_text("{}")
    done = pull()
    assert (done.returncode, "not this commit" in done.stderr) == (1, True)


def test_the_token_goes_to_the_hub_alone_and_is_written_nowhere(hub: FakeHub, command: Pull, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    secret.chmod(0o644)
    assert command("--token-file", str(secret)).returncode == 78
    assert hub.asked == []
    secret.chmod(0o600)
    done = command("--token-file", str(secret), HF_TOKEN="hf_implicit", HF_DEBUG="1")
    assert done.returncode == 0, done.stderr
    assert {token for host, token in hub.tokens if host == "hub"} == {f"Bearer {TOKEN}"}
    assert {token for host, token in hub.tokens if host == "cdn"} == {None}
    assert TOKEN not in done.stdout + done.stderr
    secret.unlink()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []


def test_a_token_that_is_lying_about_is_not_used(hub: FakeHub, command: Pull, tmp_path: Path) -> None:
    lying = tmp_path / "home" / ".cache" / "huggingface" / "token"
    lying.parent.mkdir(parents=True)
    lying.write_text("hf_lying")
    assert command(HF_TOKEN="hf_implicit").returncode == 0
    assert {token for _, token in hub.tokens} == {None}


def test_a_file_that_changed_after_the_pull_is_named(pull: Pull, places: Path, surroundings: dict[str, str]) -> None:
    assert pull().returncode == 0
    write_json(places / "tiny" / "unet" / "config.json", {"sample_size": 1})
    done = subprocess.run(
        [*COMMAND, "models", "check", "tiny"], env=surroundings, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "unet/config.json: is not what was registered" in done.stdout) == (1, True)
