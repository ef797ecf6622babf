"""One model fetched, checked, put into place and registered."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ConflictError, RetryableError, UserError
from pipeline.models import checks, content, index
from pipeline.models.entry import ModelEntry, check_name
from pipeline.models.findings import Finding, RefusedModelError
from pipeline.models.fingerprint import sha256_of
from pipeline.models.pull import selection, staging
from pipeline.models.pull.hub import Hub, Listing
from pipeline.models.pull.selection import Wanted
from pipeline.models.registry import STARTER, Registry

ORIGIN = "mezzotint.pull.json"
"""Beside the model: where it came from, and the sha256 of each file."""
MAX_INDEX_BYTES = 1024 * 1024
WEIGHTS = ".safetensors"


@dataclass(frozen=True)
class Plan:
    """What is about to be fetched, for the operator to see before."""

    listing: Listing
    target: Path
    wanted: tuple[Wanted, ...]
    bytes: int
    missing_bytes: int


@dataclass(frozen=True)
class Order:
    """What the operator asked for. ``may`` sees the plan and says whether to go on; ``moved`` counts bytes."""

    repository: str
    name: str
    revision: str
    directory: Path
    variant: str | None
    licence: str | None
    max_bytes: int
    spare_bytes: int
    may: Callable[[Plan], bool]
    moved: Callable[[int], None] = field(default=lambda count: None)
    pause: Callable[[float], None] = field(default=time.sleep)


def default_name(repository: str) -> str:
    """The last part of the repository's name, as a model may be called."""
    return re.sub(r"[^a-z0-9._-]", "-", repository.rpartition("/")[2].lower())[:64]


def carry_out(order: Order, hub: Hub, registry: Registry) -> tuple[ModelEntry | None, bool]:
    """The registered model, and whether anything was fetched for it; no model when ``may`` said no.

    Raises what is wrong with the order, the hub, the disk or the model; nothing of it then counts as a model.
    """
    check_name(order.name)
    target = order.directory / order.name
    listing = hub.listing(order.repository, order.revision)
    registered = next((each for each in registry.list() if each.name == order.name), None)
    if registered is not None:
        return _known(registered, listing, target), False
    try:
        fetched = False
        if target.exists() or target.is_symlink():
            _must_be(target, listing)
        elif not _fetched(order, hub, listing, target):
            return None, False
        else:
            fetched = True
    except OSError as error:
        raise staging.no_space(error, order.directory) from None
    entry = registry.add(order.name, target, licence=order.licence or listing.licence, revision=listing.commit)
    return entry, fetched


def _known(entry: ModelEntry, listing: Listing, target: Path) -> ModelEntry:
    same = entry.name != STARTER and entry.revision == listing.commit and entry.path == target.resolve()
    if same and target.is_dir():
        return entry
    if same:
        raise ConflictError(
            f"{entry.name} is registered, but its folder {target} is gone",
            field="name",
            hint=f"`mezzotint models remove {entry.name}`, then this command again",
        )
    raise ConflictError(
        f"there is a model called {entry.name} already"
        + (f", of the commit {entry.revision}" if entry.revision else ""),
        field="name",
        hint="take another name with --name, or remove that one first (`mezzotint models remove`, then its folder)",
    )


def _must_be(target: Path, listing: Listing) -> None:
    """A folder that an earlier pull put into place and then could not register."""
    try:
        origin = content.read_json(target / ORIGIN)
        whole = (origin["repository"], origin["commit"]) == (listing.repository, listing.commit) and all(
            selection.safe(name) and sha256_of(target / name) == sha256 for name, sha256 in origin["files"].items()
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise ConflictError(
            f"{target} is there already, and it is not this commit of {listing.repository}",
            field="to",
            hint="take another name with --name, another place with --to, or move that folder away",
        )


def _fetched(order: Order, hub: Hub, listing: Listing, target: Path) -> bool:
    root = order.directory / f".pull-{order.name}"
    order.directory.mkdir(parents=True, exist_ok=True)
    with staging.opened(root):
        head = selection.first(listing.files)
        if head.listed.size > MAX_INDEX_BYTES:
            raise UserError(f"{index.NAME} is longer than {MAX_INDEX_BYTES} bytes")
        staging.fetch(hub, listing, head, root, lambda count: None, order.pause)
        wanted = (head, *selection.rest(listing.files, _index(order.name, root), order.variant))
        staging.clean(root, wanted)
        plan = Plan(listing, target, wanted, sum(each.listed.size for each in wanted), staging.missing(root, wanted))
        _must_fit(order, plan)
        if not order.may(plan):
            return False
        for each in wanted:
            staging.fetch(hub, listing, each, root, order.moved, order.pause)
            if each.place.endswith(WEIGHTS):  # the others may name files that are still to come
                _accepted(order, root, content.check(root / each.place, root))
        _accepted(order, root, checks.check(root))
        _sign(root, plan)
        staging.put_into_place(root, target)
    return True


def _accepted(order: Order, root: Path, findings: list[Finding]) -> None:
    """Nothing is kept of a model that is refused; the next try would only refuse it again."""
    if findings:
        shutil.rmtree(root)
        raise RefusedModelError(order.name, findings, hint="nothing of it was kept")


def _index(name: str, root: Path) -> dict[str, object]:
    """Looked at before gigabytes are fetched for it."""
    try:
        found = content.read_json(root / index.NAME)
    except ValueError as error:
        raise UserError(f"{index.NAME} {error}") from None
    findings = index.classes(found)
    if findings:
        raise RefusedModelError(name, findings, hint="nothing else of it was fetched")
    return dict(found)


def _must_fit(order: Order, plan: Plan) -> None:
    if plan.bytes > order.max_bytes:
        raise UserError(
            f"the model has {plan.bytes} bytes, which is more than the {order.max_bytes} that are allowed",
            field="max_bytes",
            hint="allow more with --max-bytes",
        )
    free = shutil.disk_usage(order.directory).free
    if plan.missing_bytes + order.spare_bytes > free:
        raise RetryableError(
            f"{order.directory} has {free} bytes free, not {plan.missing_bytes} with {order.spare_bytes} to spare",
            hint="free some, or name another place with --to",
        )


def _sign(root: Path, plan: Plan) -> None:
    files = {each.place: sha256_of(root / each.place) for each in plan.wanted}
    origin = {"repository": plan.listing.repository, "commit": plan.listing.commit, "files": files}
    staging.write(root / ORIGIN, (json.dumps(origin, indent=2) + "\n").encode())
