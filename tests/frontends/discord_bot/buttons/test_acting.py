"""Buttons that say, keep, hide, end or delete something."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.pressing import drawn, finished, id_of, job_of, pressed

from config.ids import new_id

NO_SUCH_JOB = "There is no such job."


def test_parameters_are_shown_to_who_asked(world: BotWorld) -> None:
    first = drawn(world, prompt="a `parameter`", seed=42)
    told = pressed(world, world.bob, first, "parameters")

    assert told.seen_only_by == world.bob
    assert "a `\u200bparameter" in told.text
    assert "Seed: 42" in told.text
    assert job_of(first) in told.text


def test_long_parameters_come_with_a_file(world: BotWorld) -> None:
    prompt = ("a very long parameter " * 200)[:4_000].strip()
    told = pressed(world, world.bob, drawn(world, prompt=prompt), "parameters")

    (file,) = told.attachments
    assert prompt in file.content.decode()


def test_a_favourite_is_kept_and_no_longer(world: BotWorld) -> None:
    first = drawn(world, prompt="a favourite")

    assert pressed(world, world.bob, first, "favourite").text == "Kept among your favourites."
    assert pressed(world, world.ada, first, "favourite").text == "Kept among your favourites."
    assert pressed(world, world.bob, first, "favourite").text == "No longer among your favourites."


def test_only_moderators_hide_pictures(world: BotWorld) -> None:
    """
    1. Its owner, who is no moderator, presses.
    2. A moderator presses, and once more.
    Result: the picture is hidden and shown again, with everything else of the message as it was.
    """
    first = drawn(world, prompt="a spoiler")
    mod = moderator(world)

    assert pressed(world, world.ada, first, "spoiler").text == "Only moderators can do that."
    assert not first.gallery[0].get("spoiler")
    before, buttons, content = first.text, ids(first), first.pictures[0].content
    assert "hidden" in pressed(world, mod, first, "spoiler").text
    assert first.gallery[0]["spoiler"]
    assert (first.text, ids(first), first.pictures[0].content) == (before, buttons, content)
    more = finished(world, pressed(world, world.bob, first, "reroll"))
    assert more.gallery[0]["spoiler"], "what comes of it is hidden as well"
    assert "openly" in pressed(world, mod, first, "spoiler").text
    assert not first.gallery[0]["spoiler"]


def test_its_owner_deletes_a_job_with_everything(world: BotWorld) -> None:
    """
    1. Somebody else presses delete, and forges the answer to the question.
    2. The owner presses delete and is sure; a picture was taken out before.
    Result: job, pictures and messages are gone; another press finds no such job.
    """
    first = drawn(world, prompt="a goner", count=2)
    taken = finished(world, pressed(world, world.bob, first, "pick", 0))
    job = job_of(first)

    refused = "Only who asked for it can do that, or a moderator."
    assert pressed(world, world.bob, first, "delete").text == refused
    question = pressed(world, world.ada, first, "delete")
    assert question.seen_only_by == world.ada
    assert not first.deleted
    assert pressed(world, world.ada, question, "remove").text == "Deleted."
    assert first.deleted
    assert taken.deleted
    with pytest.raises(Exception, match="there is no job"):
        world.daemon.job(job)
    assert pressed(world, world.ada, question, "remove").text == NO_SUCH_JOB


def test_what_was_shown_again_is_deleted_with_the_rest(world: BotWorld) -> None:
    """
    1. The owner has his job shown again, and so has somebody else.
    2. The owner deletes it.
    Result: none of the messages is left.
    """
    first = drawn(world, prompt="a goner in many places")
    shown = []
    for user in (world.ada, world.bob, world.ada):
        world.daemon.until(lambda: not untold(world), 30, "what was sent is on record")
        shown.append(finished(world, world.slash(user, "show", job=job_of(first))))

    world.daemon.until(lambda: not untold(world), 30, "what was sent is on record")
    question = pressed(world, world.ada, shown[-1], "delete")
    assert pressed(world, world.ada, question, "remove").text == "Deleted."

    assert [each.deleted for each in (first, *shown)] == [True] * 4


def test_what_a_moderator_hid_is_not_shown_by_way_of_another_place(world: BotWorld) -> None:
    """
    1. A moderator hides a picture. Its owner has it shown in his direct messages and turns the spoiler off there.
    2. Back in the guild he takes the picture.
    Result: it is hidden there, and so is what was there before.
    """
    first, mod = drawn(world, prompt="a lasting spoiler", count=2), moderator(world)
    pressed(world, mod, first, "spoiler")
    direct = world.call(lambda fake: fake.direct(world.ada))
    shown = finished(world, world.slash(world.ada, "show", where=direct, job=job_of(first)))

    assert "openly" in pressed(world, world.ada, shown, "spoiler").text
    taken = finished(world, pressed(world, world.ada, first, "pick", 0))

    assert first.gallery[0]["spoiler"]
    assert taken.gallery[0]["spoiler"]


def test_a_picture_is_taken_out_however_often_others_were(world: BotWorld) -> None:
    """
    1. So many pictures were taken out of a result that no more can be on record.
    2. One more is taken, and another.
    Result: it comes, and is still there when the other is.
    """
    first = drawn(world, prompt="a liked one", count=2)
    rows = [(str(number), "discord", "1", "part", 1_000) for number in range(99)]
    put = "INSERT INTO post_messages SELECT ?, ?, post_id, ?, ?, ? FROM post_messages WHERE message_id = ?"
    with closing(sqlite3.connect(world.daemon.state_dir / "mezzotint.db")) as connection, connection:
        connection.executemany(put, [(*row, str(first.id)) for row in rows])

    taken = finished(world, pressed(world, world.bob, first, "pick", 1))
    finished(world, pressed(world, world.bob, first, "pick", 0))

    assert len(taken.pictures) == 1
    assert not taken.deleted


def test_a_moderator_deletes_and_it_is_on_record(world: BotWorld) -> None:
    first, mod = drawn(world, prompt="a moderated one"), moderator(world)
    question = pressed(world, mod, first, "delete")

    job = job_of(first)
    assert pressed(world, mod, question, "remove").text == "Deleted."
    assert first.deleted
    assert ("delete", job) in noted(world)


def test_cancel_is_for_the_owner_and_says_so_when_it_is_over(world: BotWorld) -> None:
    first = world.slash(world.ada, "imagine", prompt="a cancelled one", size="64x64", steps=150, count=10)
    cancel = id_of(first, "cancel")

    assert "Only who asked" in pressed(world, world.bob, first, "cancel").text
    assert pressed(world, world.ada, first, "cancel", forged=cancel).text in ("Cancelled.", "It ends at the next step.")
    world.daemon.until(lambda: "Cancelled" in first.text, 60, "its message says so")
    retry = finished(world, pressed(world, world.ada, first, "retry"))
    assert world.daemon.job(job_of(retry))["request"]["seed"] == world.daemon.job(job_of(first))["request"]["seed"]


@pytest.mark.parametrize("verb", ["subtle", "reroll", "edit", "parameters", "favourite", "delete"])
def test_a_private_job_is_found_by_its_owner_only(world: BotWorld, verb: str) -> None:
    """
    1. Ada draws privately; the message is hers alone.
    2. Bob presses a message of his own whose id is forged to name her job.
    Result: the words that are said of a job that is not there, and nothing else.
    """
    hers, his = drawn(world, prompt="a secret", private=True), drawn(world, world.bob, prompt="his own")
    for job in (job_of(hers), new_id(0)):
        assert forged(world, his, verb, job) == NO_SUCH_JOB
    private = pressed(world, world.ada, hers, "parameters")
    assert "a secret" in private.text


def test_what_comes_of_a_private_job_is_private(world: BotWorld) -> None:
    hers = drawn(world, prompt="a secret reroll", private=True)
    more = finished(world, pressed(world, world.ada, hers, "reroll"))

    assert more.seen_only_by == world.ada


def test_in_direct_messages_everything_is_for_who_is_there(world: BotWorld) -> None:
    """
    1. Somebody draws in the direct messages with the bot, draws it again, hides the picture and deletes the job.
    2. Somebody else forges its id in a guild.
    Result: it does what it says for the one, and is not there for the other.
    """
    direct = world.call(lambda fake: fake.direct(world.ada))
    asked = {"prompt": "at home", "size": "64x64", "steps": 2}
    first = finished(world, world.slash(world.ada, "imagine", where=direct, **asked))
    assert finished(world, pressed(world, world.ada, first, "reroll")).channel is direct
    assert "hidden" in pressed(world, world.ada, first, "spoiler").text
    assert first.gallery[0]["spoiler"]

    his = drawn(world, world.bob, prompt="another of his own")
    assert forged(world, his, "parameters", job_of(first)) == NO_SUCH_JOB
    question = pressed(world, world.ada, first, "delete")
    assert pressed(world, world.ada, question, "remove").text == "Deleted."
    assert first.deleted


def test_errors_are_said_in_the_language_of_who_pressed(world: BotWorld) -> None:
    hans = world.call(lambda fake: fake.user("hans", world.guild, locale="de"))
    first = drawn(world, prompt="ein Apfel")

    assert pressed(world, hans, first, "spoiler").text == "Das kann nur die Moderation."


def noted(world: BotWorld) -> list[tuple[str, str]]:
    """What moderators did with which jobs, as it is on record."""
    with closing(sqlite3.connect(f"file:{world.daemon.state_dir}/mezzotint.db?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT action, detail FROM audit").fetchall()
    return [(action, json.loads(detail).get("job", "")) for action, detail in rows]


def untold(world: BotWorld) -> int:
    """Posts of jobs that are still to be told."""
    with closing(sqlite3.connect(f"file:{world.daemon.state_dir}/mezzotint.db?mode=ro", uri=True)) as connection:
        (number,) = connection.execute("SELECT count(*) FROM posts WHERE state = 'open' AND job_id NOT NULL").fetchone()
    return int(number)


def moderator(world: BotWorld) -> Any:
    def made(fake: FakeDiscord) -> Any:
        role = fake.role(world.guild, "mods", "manage_guild")
        someone = fake.user("mod", world.guild)
        fake.give(someone, world.guild, role)
        return someone

    return world.call(made)


def ids(message: Any) -> list[str]:
    return [each["custom_id"] for each in message.buttons]


def forged(world: BotWorld, message: Any, verb: str, job: str) -> str:
    """What is said to somebody whose message has an id put into it, as a program of his own might."""
    button = next(each for each in message.buttons if each["custom_id"].startswith("mz:"))
    before = button["custom_id"]
    button["custom_id"] = f"mz:{verb}:{job}" + (":0" if verb == "subtle" else "")
    try:
        return ephemeral_answer(world, message, button["custom_id"])
    finally:
        button["custom_id"] = before


def ephemeral_answer(world: BotWorld, message: Any, custom_id: str) -> str:
    seen = {each.id for each in world.call(lambda fake: fake.messages(world.channel, world.bob))}

    async def act(fake: FakeDiscord) -> None:
        await (await fake.press(world.bob, message, custom_id)).answered()

    world.do(act)

    def new() -> list[Any]:
        told = world.call(lambda fake: fake.messages(world.channel, world.bob))
        return [each for each in told if each.id not in seen and not each.deleted and not each.loading]

    world.daemon.until(lambda: bool(new()), 20, "an answer has come")
    answer = new()[-1]
    assert answer.seen_only_by == world.bob
    return str(answer.text)
