"""What the engine would draw on."""

from __future__ import annotations

from collections.abc import Iterator

from config.settings import Settings
from daemon.device_probe import probe
from daemon.doctor.finding import Finding, graded


def check_engine(settings: Settings) -> Iterator[Finding]:
    """Is it the real one?"""
    if settings.engine.kind == "fake":
        detail = "the fake one is configured: it draws test pictures"
        yield Finding("engine", "warn", detail, 'engine.kind = "local", then: systemctl restart mezzotint')


def check_device(settings: Settings) -> Iterator[Finding]:
    """Is the wanted device there? Asked in a child, since the daemon never imports torch: takes seconds."""
    if settings.engine.kind == "fake":
        return
    found = probe()
    if found.problem:
        yield Finding("device", "fail", found.problem, 'look why: python -c "import torch" in this environment')
        return
    wanted = settings.engine.device
    usable = wanted == "auto" or wanted.partition(":")[0] in found.devices
    hint = None if usable else f"engine.device may be auto or one of: {', '.join(found.devices)}"
    yield graded("device", f"{wanted}: {found.detail}", hint, "fail")
