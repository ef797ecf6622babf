"""A secret stays where the operator put it: not in logs, rows, pictures, answers, or the environment of children."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.processes import engines_of

from config import sources
from config.errors import ConfigurationError
from daemon.engines.inherited import environment

CANARY = "canary-7c1e0a55d2"
STRAY = {
    "HF_TOKEN": CANARY,
    "HUGGING_FACE_HUB_TOKEN": CANARY,
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "DISCORD_TOKEN": CANARY,
    "CUDA_API_KEY": CANARY,
    "PYTHON_PASSWORD": CANARY,
    "HTTPS_PROXY": f"http://user:{CANARY}@127.0.0.1:1",
    "SOME_VARIABLE": CANARY,
}


def test_an_engine_inherits_what_computing_needs_and_nothing_else() -> None:
    useful = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "1",
        "HIP_VISIBLE_DEVICES": "0",
        "OMP_NUM_THREADS": "2",
        "TORCHINDUCTOR_CACHE_DIR": "/x",
        "TOKENIZERS_PARALLELISM": "false",
        "LD_LIBRARY_PATH": "/opt",
    }
    others = {
        "NOTIFY_SOCKET": "x",
        "CREDENTIALS_DIRECTORY": "x",
        "HF_HOME": "/x",
        "LISTEN_FDS": "3",
        "WATCHDOG_PID": "1",
    }
    assert environment({**STRAY, **others, **useful}) == useful


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (f'[discord]\ntoken = "{CANARY}"\n', {}),
        (f'[http]\napi_key = "{CANARY}"\n', {}),
        ("", {"MEZZOTINT_DISCORD_TOKEN": CANARY}),
        ("", {"MEZZOTINT_HTTP__PASSWORD": CANARY}),
    ],
)
def test_a_secret_among_the_settings_is_refused_and_not_repeated(
    tmp_path: Path, text: str, variables: dict[str, str]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        sources.load(file, {"MEZZOTINT_STATE_DIR": str(tmp_path / "state"), **variables})
    said = [refused.value.message, *(f"{each.key} {each.message} {each.hint}" for each in refused.value.problems)]
    assert CANARY not in " ".join(said)
    assert any("credential" in each for each in said), said


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_stray_secret_is_found_nowhere_after_a_run_with_crashes(tmp_path: Path) -> None:
    """
    1. The daemon runs with secrets in its environment and in a credential file.
    2. It draws, fails, and loses an engine.
    Result: no child has them in its environment or arguments; no file, log or answer holds them.
    """
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "hub-token").write_text(CANARY)
    (credentials / "hub-token").chmod(0o600)
    live = LiveDaemon(tmp_path / "state", {**STRAY, "CREDENTIALS_DIRECTORY": str(credentials)})
    live.start()
    try:
        jobs = [
            live.submit(words, steps=2, width=64, height=64)
            for words in ("a plum", "a plum [fatal]", "a plum [crash-once]")
        ]
        children = engines_of(live.pid)
        assert children
        for pid in children:
            for part in ("environ", "cmdline"):
                assert CANARY.encode() not in Path(f"/proc/{pid}/{part}").read_bytes()
        live.wait(*jobs)
        answers = json.dumps([live.status(), live.jobs()]) + live.command_line("doctor", "--json").stdout
        assert CANARY not in answers
    finally:
        live.stop()
    assert CANARY not in live.log.read_text()
    for path in live.state_dir.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
