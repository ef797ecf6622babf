"""``/show``: post a job again, with buttons that live, wherever the asker may see it.

So a message that was deleted is mended, and a result that could not be brought is brought now.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from config.errors import NotFoundError, UserError
from daemon.service import TERMINAL, Job, Origin, Post
from frontends.discord_bot import telling
from frontends.discord_bot.answers import post_of
from frontends.discord_bot.buttons import wishes
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.commands.suggestions import latest, suggesting_jobs
from frontends.discord_bot.delivering import lineage
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts.still import still
from frontends.discord_bot.options import Option, callback
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.visibility import seen

JOB = Option(name="job", kind=str, words="show.option.job")


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        asker = Asker.of(interaction)
        look = seen(desk.service, said["job"], asker)
        known = await telling.first_knowing(interaction, look, lambda found: wishes.is_private(found[0]))
        if known is None:
            return
        (job, _), private = known
        await _shown(
            desk, interaction, asker, await _as_admitted(desk, asker, job, str(interaction.locale)), private=private
        )

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("show.name"),
        description=desk.catalogue.marked("show.describe"),
        callback=callback((JOB,), act, desk.catalogue, required=("job",)),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    command.autocomplete("job")(suggesting_jobs(desk, latest))
    return [command]


async def _as_admitted(desk: Desk, asker: Asker, job: Job, locale: str) -> Job:
    """The job as it is shown here: what holds in this place holds for pictures from another one too."""
    grant = await desk.policy.admit(asker, "show")
    here, there = (asker.guild, asker.place), (job.origin.address.get("guild"), job.origin.address.get("channel"))
    if asker.guild is not None and here != there:
        # Not how large it is: that was paid for already.
        await desk.policy.check(asker, {"prompt": job.request.prompt, "model": job.request.model})
    hidden = grant.spoiler or bool(job.origin.address.get("spoiler"))
    return replace(job, origin=Origin(job.origin.source, {**job.origin.address, "spoiler": hidden, "locale": locale}))


async def _shown(desk: Desk, interaction: discord.Interaction[Any], asker: Asker, job: Job, *, private: bool) -> None:
    posts = desk.service.posts
    before = await posts.of_job(job.id)
    own = job.owner == asker.owner
    if job.state not in TERMINAL or (before is not None and before.state == "open" and not own):
        await _look(desk, interaction, job, before)
        return
    post = post_of(interaction, desk.clock(), private=private, job=job.id)
    # Beside the one that there is: should all end in the middle, the job is still told where it was.
    try:
        await posts.open(post, beside=True)
    except UserError:
        raise Refused("show.too_often") from None
    try:
        await _brought(desk, interaction, job, post)
    finally:
        after = await posts.get(post.id)
        # What somebody else looks at stays where its owner asked for it.
        if after is not None and (before is None or (own and after.state == "told")):
            with contextlib.suppress(NotFoundError):  # the job was removed meanwhile
                await posts.bind(post.id, job.id)


async def _look(desk: Desk, interaction: discord.Interaction[Any], job: Job, post: Post | None) -> None:
    """How it stands; its message is followed elsewhere."""
    expected = (await desk.service.expected([job])).get(job.id) if job.state not in TERMINAL else None
    running = (each for each in (await desk.service.overview()).running if each.job.id == job.id)
    progress = next(((each.step or 0, each.steps or 0) for each in running), (0, 0))
    url = None if post is None or post.ephemeral else await lineage.link(desk.service, post)
    words = desk.words(interaction)
    await answer(interaction, still(job, words, now_ms=desk.clock(), expected=expected, progress=progress, url=url))


async def _brought(desk: Desk, interaction: discord.Interaction[Any], job: Job, post: Post) -> None:
    """By the same ways as any result, once."""
    try:
        await interaction.client.deliverer.show(job, post)
    except Exception:
        await desk.service.posts.told(post.id, "kept", None, desk.words(interaction).say("show.not_now"))
        raise
    after = await desk.service.posts.get(post.id)
    if after is not None and after.state == "kept":
        raise Refused("show.kept", why=after.why or "")
