"""What is risky about settings, as far as other rooms must be asked: the models, the loggers, the service's times."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from config import risks as of_settings
from config.errors import MezzotintError, NotFoundError, Problem
from config.nearest import nearest
from config.origins import Origins
from config.settings import Settings
from daemon.stop import FLUSH_SECONDS, MARGIN_SECONDS, SERVICE_SECONDS

ROOMS = ("config", "daemon", "frontends", "pipeline", "storage")
LIBRARIES = ("alembic", "asyncio", "py", "sqlalchemy", "uvicorn", "watchdog")
"""Loggers that somebody may have meant; any installed module can be named."""


def risks(settings: Settings, origins: Origins) -> list[Problem]:
    """Everything that is allowed and risky. Nothing is imported for it, and no model is read."""
    return [*of_settings.risks(settings, origins), *_stop(settings), *_levels(settings), *_model(settings)]


def _stop(settings: Settings) -> Iterator[Problem]:
    least = settings.stop.grace_seconds + FLUSH_SECONDS + MARGIN_SECONDS
    if least > SERVICE_SECONDS:
        yield Problem(
            "stop.grace_seconds",
            f"with what ends after it, stopping may take {least:.0f} s; "
            f"the service is killed after {SERVICE_SECONDS:.0f} s (TimeoutStopSec)",
            f"stop.grace_seconds = {SERVICE_SECONDS - FLUSH_SECONDS - MARGIN_SECONDS:.0f} at most, "
            "or a longer TimeoutStopSec: systemctl edit mezzotint",
        )


def _levels(settings: Settings) -> Iterator[Problem]:
    ours = _modules() if settings.log.levels else set()
    for name in settings.log.levels:
        if name in ours or _is_a_library(name.partition(".")[0]):
            continue
        near = nearest(name, (*sorted(ours), *LIBRARIES))
        hint = f"did you mean {near}?" if near else f"modules lie in {', '.join(ROOMS)}"
        yield Problem("log.levels", f"nothing logs under the name {name}", hint)


def _is_a_library(top: str) -> bool:
    if top in ROOMS or top in LIBRARIES:
        return top in LIBRARIES
    try:
        return importlib.util.find_spec(top) is not None  # a name without dots: found, not imported
    except ValueError:  # __main__
        return False


def _modules() -> set[str]:
    """Every module and package of ours, by its place: the name under which it logs."""
    root = Path(__file__).resolve().parents[1]
    files = (file.relative_to(root).with_suffix("") for room in ROOMS for file in (root / room).rglob("*.py"))
    return {".".join(file.parts).removesuffix(".__init__") for file in files}


def _model(settings: Settings) -> Iterator[Problem]:
    from pipeline.models.registry import STARTER, Registry

    name = settings.models.default
    if name == STARTER:
        return
    try:
        Registry(settings.models_file).get(name)
    except NotFoundError as error:
        yield Problem("models.default", f"{name} is not registered: requests that name no model fail", error.hint)
    except MezzotintError as error:
        yield Problem("models.default", f"can't be looked up: {error.message}", error.hint)
    except OSError as error:
        yield Problem("models.default", f"can't be looked up: {settings.models_file}: {error.strerror}")
