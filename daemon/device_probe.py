"""Asks torch about devices in a child process with the engine's interpreter; the daemon itself never imports it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

SECONDS = 60
_SCRIPT = """
import json, torch
devices, names = ["cpu"], [f"{torch.get_num_threads()} CPU threads"]
if torch.cuda.is_available():
    devices.append("cuda")
    names += [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
if hasattr(torch, "xpu") and torch.xpu.is_available():
    devices.append("xpu")
    names += [torch.xpu.get_device_name(i) for i in range(torch.xpu.device_count())]
if torch.backends.mps.is_available():
    devices.append("mps")
    names.append("Apple GPU")
print(json.dumps({"devices": devices, "detail": f"torch {torch.__version__}, " + ", ".join(names)}))
"""


@dataclass(frozen=True, slots=True)
class Devices:
    """What torch found, or why it could not be asked."""

    devices: tuple[str, ...] = ()
    detail: str = ""
    problem: str | None = None


def probe(interpreter: str = sys.executable, seconds: float = SECONDS) -> Devices:
    """Start the child and wait for its answer."""
    try:
        done = subprocess.run(
            [interpreter, "-P", "-c", _SCRIPT],
            capture_output=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Devices(problem=f"torch did not answer within {seconds:.0f} s")
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return Devices(problem=f"torch can't be asked: {last[0]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return Devices(tuple(answer["devices"]), answer["detail"])
