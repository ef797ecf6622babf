"""
The form in which a job is changed and drawn again.

Discord's forms have five places. The options that matter most have controls of their own, and the last place takes
any other option, one a line, so that every row of the table of options can be said here. The form is found again by its
id, as a button is: it may be sent after any number of restarts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from discord import SelectOption, TextStyle, ui

from config.errors import NotFoundError
from daemon.service import Job, Picture
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import telling
from frontends.discord_bot.buttons import wishes
from frontends.discord_bot.buttons.lines import read, shown
from frontends.discord_bot.buttons.press import Press, picture_of
from frontends.discord_bot.layouts import text
from frontends.discord_bot.options import OPTIONS, Option, offered
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.wish import Wish

PLACES = 5
MOST_CHOICES = 25
TEXT, INPUT = "text", "input"
"""What a job starts from: nothing but the words, or the picture that the earlier job started from."""
ELSEWHERE = frozenset({"image", "private", "spoiler"})
"""Options that are as they were, or that a form says in another way."""

log = structlog.get_logger(__name__)


async def opened(press: Press) -> None:
    """Open the form for who pressed."""
    modal = form(press, await telling.soon(press.interaction, press.job()))
    modal.stop()  # the library must not keep it: see :mod:`frontends.discord_bot.buttons.forms`
    await press.interaction.response.send_modal(modal)


def form(press: Press, job: Job) -> ui.Modal:
    """Filled in as the job was, with what the models at hand can do."""
    words, models = press.words, press.desk.board.models
    rows = {option.name: option for option in offered(OPTIONS, models) if option.name not in ELSEWHERE}
    modal = ui.Modal(title=words.label("modal.title"), custom_id=ids.build("edit", job.id, press.index), timeout=None)
    own = [written(press, rows.pop("prompt"), job.request.prompt, required=True)]
    if len(models) > 1:
        own.append(model_of(press, rows.pop("model"), job))
    own.append(_size(press, rows.pop("size"), job))
    starts = list(_starts(press, job))
    if len(starts) > 1:
        own.append(_start(press, starts))
    if "negative" in rows and len(own) < PLACES - 1:
        own.insert(1, written(press, rows.pop("negative"), job.request.negative_prompt, required=False))
    for control in own:
        modal.add_item(control)
    if len(models) == 1:
        rows.pop("model", None)
    modal.add_item(_more(press, rows, job))
    return modal


async def wish(press: Press, values: Mapping[str, str]) -> Wish:
    """What it says when it is sent, by the ids of its controls."""
    job = await press.job()
    rows = [option for option in offered(OPTIONS, press.desk.board.models) if option.name not in ELSEWHERE]
    said = read(values.get("more", ""), rows, press.words)
    said |= {option.name: values[option.name] for option in rows if values.get(option.name)}
    fields = {**press.desk.ordering.fields(said)}
    start = values.get("start", INPUT if job.request.image and not job.pictures else TEXT)
    image, parent = None, job.id
    if start == INPUT and job.request.image:
        fields["image"] = job.request.image
    elif start.isdecimal():
        picture = picture_of(job, int(start))
        image, parent = await _bytes(press, picture), picture.id
    if image is None and "image" not in fields:
        fields.pop("denoising_strength", None)
    private = press.hidden or wishes.is_private(job)
    return Wish(fields=fields, image=image, parent=parent, private=private, spoiler=wishes.is_spoiler(job))


async def _bytes(press: Press, picture: Picture) -> bytes:
    try:
        return await press.desk.service.picture_bytes(picture.id)
    except NotFoundError:
        raise Refused("errors.picture_gone") from None


# --- the controls


def labelled(press: Press, name: str, component: ui.Item[Any], describe: str | None = None) -> ui.Label[Any]:
    said = press.words.label(f"option.{name}.name")
    return ui.Label(text=said[:1].upper() + said[1:], description=describe, component=component)


def written(press: Press, row: Option, value: str, *, required: bool) -> ui.Label[Any]:
    control: ui.TextInput[Any] = ui.TextInput(
        custom_id=row.name, style=TextStyle.paragraph, default=value, required=required, max_length=4_000
    )
    return labelled(press, row.name, control, press.words.label(f"option.{row.name}.describe"))


def model_of(press: Press, row: Option, job: Job) -> ui.Label[Any]:
    models = press.desk.board.models[:MOST_CHOICES]
    options = [
        SelectOption(
            label=text.line(each.name, 100),
            value=each.name,
            description=text.line(each.description, 100) or None,
            default=each.name == job.request.model,
        )
        for each in models
    ]
    return labelled(press, row.name, ui.Select(custom_id=row.name, options=options))


def _size(press: Press, row: Option, job: Job) -> ui.Label[Any]:
    board = press.desk.board
    now = f"{job.request.width}x{job.request.height}"
    suggested = row.suggest(board, {"model": job.request.model}, "") if row.suggest else ()
    sizes = {now: now, **{value: label for label, value in suggested}}
    options = [
        SelectOption(label=text.line(label, 100), value=value, default=value == now) for value, label in sizes.items()
    ]
    return labelled(press, row.name, ui.Select(custom_id=row.name, options=options[:MOST_CHOICES]))


def _starts(press: Press, job: Job) -> Iterator[SelectOption]:
    """What it may start from, with what is likely chosen: the picture under the button that was pressed."""
    words, index = press.words, press.index
    as_before = index is None and job.request.image is not None
    yield SelectOption(label=words.label("modal.start_text"), value=TEXT, default=index is None and not as_before)
    if job.request.image is not None:
        yield SelectOption(label=words.label("modal.start_input"), value=INPUT, default=as_before)
    for each in job.pictures[: MOST_CHOICES - 2]:
        label = words.label("modal.start_picture", number=each.index + 1)
        yield SelectOption(label=label, value=str(each.index), default=each.index == index)


def _start(press: Press, options: list[SelectOption]) -> ui.Label[Any]:
    return ui.Label(
        text=press.words.label("modal.start"),
        description=press.words.label("modal.start_describe"),
        component=ui.Select(custom_id="start", options=options),
    )


def _more(press: Press, rows: Mapping[str, Option], job: Job) -> ui.Label[Any]:
    control: ui.TextInput[Any] = ui.TextInput(
        custom_id="more",
        style=TextStyle.paragraph,
        default=shown(rows.values(), job.request),
        required=False,
        max_length=4_000,
    )
    describe = press.words.label("modal.more_describe")
    return ui.Label(text=press.words.label("modal.more"), description=describe, component=control)
