"""From a dropped file to a described order: the steps of :mod:`claiming` with their rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from config.errors import UserError
from config.settings import FolderSettings
from daemon.service import Order, Service
from frontends.files import paths
from frontends.watch_folder import claiming, endings, feeding, repeats
from frontends.watch_folder import source as sources
from frontends.watch_folder.claiming import Claim, GoneError
from frontends.watch_folder.delivering import Deliverer
from frontends.watch_folder.orders.pairing import Drop
from frontends.watch_folder.source import Source

log = structlog.get_logger(__name__)

IN_PLACE = "."
"""What the row says of a file that stays where it is."""


def claim_of(order: Order) -> Claim:
    """The claim that a row stands for."""
    return Claim(
        order.id, feeding.source_name(order), order.inode, order.size, order.mtime_ns, order.claimed_path == IN_PLACE
    )


async def take(service: Service, deliverer: Deliverer, folder: FolderSettings, root: Path, drop: Drop) -> bool:
    """Claim a drop; False when somebody still writes to it or took it before us.

    Raises ``OSError`` when it can't be read or moved now.
    """
    try:
        for name in (drop.main.name, *drop.sidecars):
            if not await asyncio.to_thread(claiming.ready, root, name):
                return False
    except GoneError:
        return False
    main = drop.main
    writable = await asyncio.to_thread(claiming.is_writable, root)
    order = await service.orders.begin(
        folder.name,
        paths.to_row(main.name),
        main.inode,
        main.size,
        main.mtime_ns,
        claimed_path=None if writable else IN_PLACE,
    )
    sidecars = tuple(paths.split(name)[1] for name in drop.sidecars)
    return await finish(service, deliverer, folder, root, order, sidecars)


async def finish(
    service: Service,
    deliverer: Deliverer,
    folder: FolderSettings,
    root: Path,
    order: Order,
    sidecars: tuple[str, ...] | None = None,
) -> bool:
    """From the committed row to a described order: the same at once and after a crash at any point in between.

    False when there was nothing to take any more.
    """
    claim = claim_of(order)
    try:
        source = await asyncio.to_thread(claiming.take, root, claim, sidecars)
    except GoneError:
        await asyncio.to_thread(claiming.give_up, root, claim)
        await service.orders.end(order.id, "ended", "the file went away before it was taken")
        return False
    try:
        await _describe(service, deliverer, folder, order, source)
    except UserError as error:
        await endings.refuse(service, order, feeding.in_words(error))
    log.info("order_taken", folder=folder.name, order=order.id)
    return True


async def _describe(
    service: Service, deliverer: Deliverer, folder: FolderSettings, order: Order, source: Source
) -> None:
    outline = await asyncio.to_thread(sources.outline, source, folder)
    if await repeats.handled(service, deliverer, folder, order, outline):
        await service.orders.describe(
            order.id, None, 0
        )  # no fingerprint: a later file refers to the one that was drawn
    else:
        remembered = outline.preset.repeat != "again"
        await service.orders.describe(order.id, outline.fingerprint, outline.last_line, remembered=remembered)
