"""``mezzotint run --dry-run``: what would be queued, without a daemon and without touching anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.folders import places
from config.settings import Settings
from daemon import words
from daemon.cli import output

if TYPE_CHECKING:
    from frontends.watch_folder.rehearsal import Planned

SHOWN_CHARACTERS = 60


def plan(settings: Settings) -> list[Planned]:
    """Of all watched folders."""

    async def all_of_it() -> list[Planned]:
        return [each async for each in _planned(settings)]

    return asyncio.run(all_of_it())


async def _planned(settings: Settings) -> AsyncIterator[Planned]:
    from daemon.service.intake import Intake
    from frontends.watch_folder.rehearsal import Rehearsal
    from pipeline.models.registry import ModelEntry, Registry

    registry = Registry(settings.models_file)
    intake = Intake(settings, registry)

    async def model(name: str) -> ModelEntry:
        return await asyncio.to_thread(registry.get, name)

    unmade = not_yet_made(settings)
    for folder in settings.watch_folder.folders if settings.watch_folder.enabled else ():
        if folder.name in unmade:
            continue
        root = places(settings.state_dir, folder).path
        async for each in Rehearsal(folder, root, intake.examine, model).run():
            yield each


def not_yet_made(settings: Settings) -> dict[str, Path]:
    """Folders in the state directory that the daemon makes at its start: nothing can lie there yet."""
    if not settings.watch_folder.enabled:
        return {}
    own = {each.name: places(settings.state_dir, each).path for each in settings.watch_folder.folders if not each.path}
    return {name: path for name, path in own.items() if _is_absent(path)}


def _is_absent(path: Path) -> bool:
    """False also where it can't be told: looking into it then says why."""
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def view(planned: list[Planned]) -> dict[str, Any]:
    """For programs."""
    return {"planned": [asdict(each) for each in planned]}


def tell(planned: list[Planned], unmade: Mapping[str, Path]) -> None:
    """For people: one line a job or refusal, and how many there are."""
    for name, path in unmade.items():
        output.text(f"nothing  {name}: nothing lies there yet ({path} is made when the daemon starts)")
    for each in planned:
        place = "/".join(filter(None, (each.folder, each.file))) + (f":{each.line}" if each.line else "")
        if each.request is None:
            output.text(f"refused  {place}: {each.refused}")
            continue
        asked = each.request
        size = f"{asked['width']}x{asked['height']}, {asked['steps']} steps, {asked['model']}"
        prompt = output.shortened(asked["prompt"], SHOWN_CHARACTERS)
        output.text(f"queued   {place}: {prompt!r} ({size}; lane {each.lane}, priority {each.priority})")
    counts = Counter(each.request is not None for each in planned)
    queued, refused = words.counted(counts[True], "job"), words.counted(counts[False], "file or line", "files or lines")
    output.text(f"{queued} would be queued, {refused} refused or left")
