"""Hostile pictures are refused with a reason or safely decoded, in bounded time and memory, whatever brought them."""

from __future__ import annotations

import base64
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hostile_images import CORPUS, mutated
from support.live_daemon import LiveDaemon
from support.pictures import picture
from support.processes import usage

from config.errors import UserError
from pipeline import records
from pipeline.images import ImageLimits, child, take_in

MOST_CPU_SECONDS = 6.0
"""Two on a quiet machine; those who share this one slow the clock of the processor, too."""
MOST_KIB = 512 * 1024


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.slow
def test_every_hostile_picture_is_refused_or_decoded_in_bounds() -> None:
    """Each in a decoder of its own; what that used is what the kernel counted."""
    worst: list[tuple[float, str]] = []
    # The kernel remembers the largest child there ever was, and counts as a child's what its parent had at the fork.
    others = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    for name, build in CORPUS.items():
        data = build()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        try:
            taken = take_in(data)
        except UserError as refused:
            assert refused.field == "image", name
            assert refused.message.isprintable(), name
            assert len(refused.message) < 300, name
            assert "No module" not in refused.message and "open files" not in refused.message, (name, refused.message)
        else:
            assert taken.width * taken.height <= 40_000_000, name
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        worst.append((cpu, name))
        assert cpu < MOST_CPU_SECONDS, (name, cpu, time.monotonic() - began)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"{len(CORPUS)} pictures, slowest {sorted(worst)[-3:]}, largest decoder {largest >> 10} MiB")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert largest <= max(MOST_KIB, others, own), (largest, others, own)


def test_a_decoder_may_open_nothing_gain_nothing_and_outlive_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the process says of itself at the moment it would look at the picture."""
    real = child.SCRIPT.read_text(encoding="utf-8")
    probe = """
import socket

def decode(source, max_pixels):
    said = []
    for act in (lambda: os.open("/etc/hostname", os.O_RDONLY), lambda: socket.socket(), lambda: os.pipe()):
        try:
            act()
        except OSError:
            said.append("refused")
        else:
            said.append("opened")
    death = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(death))
    said.append(f"death {death.value}")
    said.append(f"rights {ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)}")
    said.append(f"environment {sorted(os.environ)}")
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        said.append(str(resource.getrlimit(what)[1]))
    raise RefusedError(", ".join(said))


if __name__"""
    script = tmp_path / "decoder.py"
    script.write_text(real.replace("if __name__", probe, 1), encoding="utf-8")
    monkeypatch.setattr(child, "SCRIPT", script)
    monkeypatch.setenv("STRAY_SECRET", "canary")
    with pytest.raises(UserError) as refused:
        take_in(picture(), ImageLimits(max_pixels=1_000_000))
    assert refused.value.message.startswith("refused, refused, refused, death 9, rights 1, environment ['L")
    assert "STRAY" not in refused.value.message
    assert refused.value.message.endswith(", 0, 0, 0")


@pytest.mark.parametrize("count", [15, pytest.param(3_400, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.slow
def test_a_mutated_picture_never_hangs_and_always_gets_an_answer(form: str, count: int) -> None:
    good = picture(48, 40, color=(1, 200, 30), form=form)
    for seed in range(count):
        data = mutated(good, seed)
        began = time.monotonic()
        try:
            taken = take_in(data, ImageLimits(max_pixels=1_000_000, wall_seconds=20))
        except UserError as refused:
            assert refused.message.isprintable()
        else:
            assert records.read_png(taken.png).record is None
        assert time.monotonic() - began < 15, seed


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    folder = {"name": "inbox", "settle_seconds": 0, "settle_image_seconds": 0, "pairing_seconds": 0}
    preset = {"prompt": "a plum", "steps": 1, "width": 64, "height": 64}
    quick = json.dumps([{**folder, "scan_seconds": 0.3, "preset": preset}])
    live = LiveDaemon(
        tmp_path_factory.mktemp("images") / "state",
        {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001", "MEZZOTINT_WATCH_FOLDER__FOLDERS": quick},
    )
    live.start()
    yield live
    live.stop()


SMALLER = [name for name in CORPUS if "as large as" not in name and "gigabyte" not in name]
"""Through every entrance; the largest are decoded once above, which is the same decoder."""


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_every_entrance_refuses_or_takes_it_and_the_daemon_stays(daemon: LiveDaemon) -> None:
    """
    1. Each hostile picture is submitted over the socket, sent to be verified, and dropped into the folder.
    Result: answers 201 or 400 only, the orders end, the same daemon runs, and it has not grown much.
    """
    before = usage(daemon.pid).resident_mib
    for number, name in enumerate(SMALLER):
        data = CORPUS[name]()
        (daemon.state_dir / "inbox" / f"{number}.png").write_bytes(data)
        if number % 4 and len(data) < 100_000:  # the entrance is the same for all; a quarter of them tells
            continue
        text = base64.b64encode(data).decode()
        body = {"prompt": "a", "image_base64": text, "steps": 1, "width": 64, "height": 64}
        with daemon.connection() as connection:
            status, answer = connection.call("POST", "/v1/jobs", body)
            assert status in (201, 400), (name, status, answer)
            if status == 400:
                assert answer["error"]["field"] in ("image", "image_base64"), (name, answer)
            status, answer = connection.call("POST", "/v1/verify", {"png_base64": text})
            assert status == 400, (name, answer)
    daemon.until(lambda: not _open_orders(daemon), 240, "every dropped picture has come to its end")
    assert daemon.status()["daemon"]["pid"] == daemon.pid
    failed = list((daemon.state_dir / "failed").rglob("*.error.txt"))
    assert len(failed) >= 20
    assert all(text.read_text().replace("\n", "").isprintable() for text in failed)
    assert usage(daemon.pid).resident_mib - before < 400


def _open_orders(daemon: LiveDaemon) -> bool:
    inbox = daemon.state_dir / "inbox"
    return any(path.is_file() for path in inbox.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["png cut at 0.5", "text bomb, zTXt", "gif", "empty"])
def test_the_commands_refuse_it_by_the_name_of_the_option(daemon: LiveDaemon, tmp_path: Path, name: str) -> None:
    file = tmp_path / "hostile.png"
    file.write_bytes(CORPUS[name]())
    for arguments, code in ((("submit", "a", "--image", str(file)), {0, 2}), (("verify", str(file)), {1})):
        done = daemon.command_line(*arguments)
        assert done.returncode in code, done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        assert "defect" not in done.stderr
