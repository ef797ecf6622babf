"""A running daemon whose models are spoilt after they were registered, and one that could reach a hub."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.model_folders import model_folder

from pipeline.models.registry import Registry


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _link(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


WAYS: dict[str, Callable[[Path], object]] = {
    "weights-pipe": lambda root: _pipe(root / "unet" / "diffusion_pytorch_model.safetensors"),
    "weights-device": lambda root: _link(root / "unet" / "diffusion_pytorch_model.safetensors"),
    "index-pipe": lambda root: _pipe(root / "model_index.json"),
    "index-nested": lambda root: (root / "model_index.json").write_text("[" * 100_000),
    "code": lambda root: (root / "unet" / "evil.py").write_text("open('canary', 'w')"),
    "pickle": lambda root: (root / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"\x80\x04."),
    "gone": lambda root: root.rename(root.with_name(f"{root.name}-moved")),
}


@pytest.mark.slow
def test_a_model_that_is_spoilt_later_fails_its_jobs_and_nothing_else(tmp_path: Path) -> None:
    daemon = LiveDaemon(tmp_path / "state", {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0"})
    registry = Registry(daemon.state_dir / "models.json")
    for name in WAYS:
        registry.add(name, model_folder(tmp_path / name))
    daemon.start()
    try:
        for name, spoil in WAYS.items():
            spoil(tmp_path / name)
        ended = daemon.wait(*[daemon.submit("an apple", model=name) for name in WAYS])
        assert [(job["state"], job["error"]["kind"]) for job in ended] == [("failed", "user")] * len(WAYS)
        assert all("changed after it was registered" in job["error"]["message"] for job in ended)
        assert [job["state"] for job in daemon.wait(daemon.submit("an apple"))] == ["done"]
    finally:
        assert daemon.stop() == 0
    assert list(tmp_path.rglob("canary")) == []


def test_the_daemon_never_imports_the_client_of_the_hub() -> None:
    code = (
        "import sys\n"
        "import daemon.app, daemon.daemon\n"
        "found = {'huggingface_hub', 'httpx2', 'pipeline.models.pull'} & sys.modules.keys()\n"
        "sys.exit(f'imported: {found}' if found else 0)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fake", pytest.param("local", marks=pytest.mark.engine)])
def test_the_service_asks_no_hub_for_anything(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        hub = f"http://127.0.0.1:{listener.getsockname()[1]}"
        daemon = LiveDaemon(
            tmp_path / "state", {"HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0", "MEZZOTINT_ENGINE__KIND": kind}
        )
        daemon.start()
        try:
            (job,) = daemon.wait(daemon.submit("an apple", steps=2))
            assert job["state"] == "done"
        finally:
            assert daemon.stop() == 0
        with pytest.raises(BlockingIOError):
            listener.accept()
