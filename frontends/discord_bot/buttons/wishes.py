"""From a job to the wish for another one like it: pure."""

from __future__ import annotations

from daemon.service import Job, Picture
from frontends.discord_bot.wish import Wish

SUBTLE, STRONG = 0.35, 0.75
"""How much of the schedule is drawn anew: a little, and a lot."""


def varied(job: Job, picture: Picture, png: bytes, strength: float, *, hidden: bool) -> Wish:
    """Others like this picture, as many as the job had."""
    fields = job.request.model_dump(exclude_none=True, exclude={"seed", "image", "denoising_strength"})
    fields["denoising_strength"] = strength
    return Wish(fields=fields, image=png, parent=picture.id, private=hidden or is_private(job), spoiler=is_spoiler(job))


def again(job: Job, *, new_seed: bool, hidden: bool) -> Wish:
    """The same once more."""
    fields = job.request.model_dump(exclude_none=True, exclude={"seed"} if new_seed else set())
    return Wish(fields=fields, parent=job.id, private=hidden or is_private(job), spoiler=is_spoiler(job))


def is_private(job: Job) -> bool:
    """Whether only its owner may see it."""
    return bool(job.origin.address.get("private"))


def is_spoiler(job: Job) -> bool:
    """Whether its pictures were asked for behind a spoiler."""
    return bool(job.origin.address.get("spoiler"))
