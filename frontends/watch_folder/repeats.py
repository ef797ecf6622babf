"""A file whose content was handled before, where the folder does not want it drawn again."""

from __future__ import annotations

from config.settings import FolderSettings
from daemon.service import Order, Service
from frontends.watch_folder import naming
from frontends.watch_folder.delivering import Deliverer
from frontends.watch_folder.feeding import source_name
from frontends.watch_folder.source import Outline


async def handled(
    service: Service, deliverer: Deliverer, folder: FolderSettings, order: Order, outline: Outline
) -> bool:
    """True when there is nothing to draw: ``skip`` leaves it at that, ``link`` brings the earlier pictures.

    Only an order of the same content and settings that was drawn completely counts; ``again`` never asks.
    """
    preset = outline.preset
    if preset.repeat == "again":
        return False
    earlier = await service.orders.earlier(folder.name, outline.fingerprint)
    if earlier is None or earlier.id == order.id:
        return False
    if preset.repeat == "skip":
        return True
    jobs = await service.jobs(order_id=earlier.id)
    if len(jobs) < earlier.submitted or not jobs:  # some were pruned
        return False
    if any(job.state != "done" or not job.pictures for job in jobs):
        return False
    for job in jobs:
        stem = naming.stem_of(source_name(order), job.line or 1, several=len(jobs) > 1)
        await deliverer.bring(deliverer.outbox(folder.name), job.pictures, stem, job, list(preset.tags))
    return True
