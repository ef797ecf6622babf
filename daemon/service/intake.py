"""From an untrusted submission to a job that can be queued: every check that needs no database."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from config import scopes, webhooks
from config.errors import NotFoundError, UserError
from config.settings import Settings
from daemon.service.submission import Submission
from pipeline import images
from pipeline import request as requests
from pipeline.models.registry import Registry
from pipeline.request import Request
from storage import inputs
from storage.queue.job import LANES, TERMINAL, NewJob, Origin
from storage.quotas.terms import Allowance, Terms, scopes_of

OWNER = re.compile(rf"{scopes.SOURCE}:{scopes.NAME}")
WEBHOOK = "webhook"
"""Source of an origin whose address has the ``url`` of a listed host, and may have ``events`` and ``pictures``."""
SOURCE = re.compile(scopes.SOURCE)
MAX_GROUPS = 16
MAX_LIMITS = 32
LIMITED = {("pictures", "day"), ("pictures", "month"), ("engine_ms", "day"), ("engine_ms", "month"), ("queued", None)}
MAX_KEY_CHARACTERS = 200
MAX_ADDRESS_CHARACTERS = 4_000
MAX_PRIORITY = 100
DECODERS = 2
"""Input pictures decoded at once; each has a process of its own."""


class Intake:
    """Checks, settles and completes submissions."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry
        self._decoders = asyncio.Semaphore(DECODERS)

    def reconfigure(self, settings: Settings) -> None:
        """Other limits and another default model from now on."""
        self._settings = settings

    async def prepare(self, submission: Submission) -> NewJob:
        """The job to enqueue. An input picture is on the disk when this returns. Raises :class:`UserError`."""
        self._check(submission)
        request = self._settled(submission)
        if submission.image is not None:
            request = request.model_copy(update={"image": await self.take_image(submission.image)})
        elif request.image is not None:
            await self._must_have(request.image, inputs.claim)
        source = submission.owner.partition(":")[0]
        return NewJob(
            request=request,
            lane=LANES[LANES.index(submission.lane)],
            owner=submission.owner,
            origin=submission.origin or Origin(source, {}),
            priority=submission.priority,
            key=submission.key,
            parent=submission.parent,
            deliver=submission.deliver,
            order_id=submission.order_id,
            line=submission.line,
            groups=tuple(dict.fromkeys(submission.groups)),
            terms=Terms(submission.limits),
        )

    async def examine(self, submission: Submission) -> Request:
        """The settled request that would be queued, after the same checks; keeps, writes and touches nothing.

        Raises :class:`UserError`.
        """
        self._check(submission)
        request = self._settled(submission)
        if submission.image is not None:
            png = (await self._decoded(submission.image)).png
            request = request.model_copy(update={"image": hashlib.sha256(png).hexdigest()})
        elif request.image is not None:
            await self._must_have(request.image, inputs.load)
        return request

    def _check(self, submission: Submission) -> None:
        check_envelope(submission)
        if submission.origin is not None and submission.origin.source == WEBHOOK:
            self._check_webhook(submission.origin.address)

    def _check_webhook(self, address: Mapping[str, Any]) -> None:
        """Somebody may be told who is listed now; what is not listed when the job ends is not told."""
        webhooks.admitted(str(address.get("url", "")), self._settings.webhooks.hosts)
        events = address.get("events", ())
        if not isinstance(events, list | tuple) or not TERMINAL.issuperset(map(str, events)):
            raise UserError(f"webhook: the events must be among {', '.join(sorted(TERMINAL))}", field="webhook")

    async def take_image(self, data: bytes) -> str:
        """Check, re-encode and keep an input picture; returns the sha256 that names it in a request."""
        taken = await self._decoded(data)
        return await asyncio.to_thread(inputs.save, self._settings.state_dir, taken.png)

    async def _decoded(self, data: bytes) -> images.TakenImage:
        limits = self._settings.limits
        bounds = images.ImageLimits(max_bytes=limits.max_image_bytes, max_pixels=limits.max_image_pixels)
        async with self._decoders:
            return await images.take_in_async(data, bounds)

    def _settled(self, submission: Submission) -> Request:
        fields = submission.fields
        asked = fields if isinstance(fields, Request) else _parsed(fields, has_image=submission.image is not None)
        entry = self._registry.get(asked.model or self._settings.models.default)
        settled = requests.settle(asked, entry.name, entry.defaults)
        self._check_size(settled)
        return settled

    def _check_size(self, request: Request) -> None:
        most = self._settings.limits.max_request_pixels
        if (request.width or 0) * (request.height or 0) > most:
            raise UserError(
                f"{request.width}x{request.height} is more than the {most} pixels a picture may have here",
                field="width",
                hint="ask for a smaller size, or raise limits.max_request_pixels",
            )

    async def _must_have(self, digest: str, look_up: Callable[[Path, str], object]) -> None:
        try:
            await asyncio.to_thread(look_up, self._settings.state_dir, digest)
        except NotFoundError:
            raise UserError(
                "image: no input picture of that sha256 was taken in", field="image", hint="send the picture itself"
            ) from None


_PLACEHOLDER = "0" * 64


def _parsed(fields: dict[str, object], *, has_image: bool) -> Request:
    """With a picture still to be taken in, its place in the request is held so that fields about it are valid."""
    return requests.parse({**fields, "image": _PLACEHOLDER} if has_image else fields)


def check_envelope(submission: Submission) -> None:
    """Lane, priority, owner, key and address; raises :class:`UserError` that names the field."""
    if not OWNER.fullmatch(submission.owner):
        raise UserError(
            "owner: must look like source:name (lower-case source; letters, digits and ._@+=- in the name)",
            field="owner",
        )
    if submission.lane not in LANES:
        raise UserError(f"lane: must be one of {', '.join(LANES)}", field="lane")
    if not -MAX_PRIORITY <= submission.priority <= MAX_PRIORITY:
        raise UserError(f"priority: must be between -{MAX_PRIORITY} and {MAX_PRIORITY}", field="priority")
    check_groups(submission.groups)
    check_limits(submission.limits, submission.owner, submission.groups)
    key = submission.key
    if key is not None and not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isprintable()):
        raise UserError(f"key: must be 1 to {MAX_KEY_CHARACTERS} printable characters", field="key")
    origin = submission.origin
    if origin is None:
        return
    if not SOURCE.fullmatch(origin.source) or len(json.dumps(origin.address)) > MAX_ADDRESS_CHARACTERS:
        raise UserError("origin: the source must be a short lower-case word and the address small", field="origin")


def check_groups(groups: Sequence[str]) -> None:
    """Raises :class:`UserError` for what can't be groups of a job."""
    if len(groups) > MAX_GROUPS:
        raise UserError(f"groups: at most {MAX_GROUPS} may be given", field="groups")
    if not all(scopes.GROUP.fullmatch(group) for group in groups):
        raise UserError(
            f"groups: each must be {', '.join(f'{kind}:NAME' for kind in scopes.KINDS[:-1])} or {scopes.KINDS[-1]}:NAME"
            " (letters, digits and ._@+=- in the name)",
            field="groups",
        )


def check_limits(limits: Sequence[Allowance], owner: str, groups: Sequence[str]) -> None:
    """Raises :class:`UserError` for limits that can't be counted, or are of somebody else."""
    if len(limits) > MAX_LIMITS:
        raise UserError(f"limits: at most {MAX_LIMITS} may be given", field="limits")
    for each in limits:
        if each.scope not in scopes_of(owner, groups):
            raise UserError(f"limits: {each.scope} is neither the owner nor a group of the job", field="limits")
        if (each.what, each.per) not in LIMITED or each.limit < 1:
            raise UserError(
                "limits: each must allow 1 or more pictures or engine_ms a day or month, or so many queued at a time",
                field="limits",
            )
