"""Who may decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.bot_server import BotServer, settled
from support.fake_discord.acts import NotOffered
from support.fake_discord.places import Channel

PATHS = (
    ("channels deny", "channel"),
    ("block", "user"),
    ("limits show", None),
    ("log", None),
    ("audit", None),
    ("rules", None),
    ("status", None),
)


@contextmanager
def shown_to_all(server: BotServer) -> Iterator[None]:
    """A server may show the command to whom it likes: what is offered protects nothing."""

    def change(permissions: str | None) -> str | None:
        (command,) = [each for each in server.world.fake.commands._books[None] if each["name"] == "mezzotint"]
        was, command["default_member_permissions"] = command["default_member_permissions"], permissions
        return was

    was = server.world.call(lambda _: change(None))
    try:
        yield
    finally:
        server.world.call(lambda _: change(was))


def test_members_are_not_offered_it(server: BotServer) -> None:
    with pytest.raises(NotOffered):
        server.says("rules", by=server.ada)


@pytest.mark.parametrize(("command", "option"), PATHS)
def test_a_member_who_sends_it_is_refused(server: BotServer, command: str, option: str | None) -> None:
    given = {"channel": server.channel, "user": server.bob}
    options = {} if option is None else {option: given[option]}
    with shown_to_all(server):
        assert server.says(command, by=server.ada, **options) == "Only moderators can do that."

    server.draws(server.bob)
    assert "nothing here" in server.says("audit")


def test_a_role_is_made_one_of_moderators(server: BotServer) -> None:
    server.world.call(lambda fake: fake.give(server.bob, server.guild, server.patrons))
    with shown_to_all(server):
        assert server.says("block", by=server.bob, user=server.ada) == "Only moderators can do that."
        server.says("moderators add", role=server.patrons)
        assert "Blocked" in server.says("block", by=server.bob, user=server.ada)
        assert "manage this server" in server.says("moderators add", by=server.bob, role=server.staff)
        server.says("moderators remove", role=server.patrons)
        assert server.says("unblock", by=server.bob, user=server.ada) == "Only moderators can do that."

    server.refused(server.ada)
    assert server.says("moderators add", role=server.guild.everyone) == "That role is everybody's."


def test_the_service_is_the_operators(server: BotServer) -> None:
    operator = server.world.fake.owner
    assert "concerns every server" in server.says("pause")
    assert "concerns every server" in server.says("resume")

    assert server.says("pause", by=operator).startswith("Paused")
    try:
        assert server.world.daemon.status()["paused"] is True
        assert server.says("status").startswith("### Status\nThe service is paused.")
        job = server.draws()
        assert server.world.daemon.job(job["id"])["state"] == "queued"
    finally:
        assert server.says("resume", by=operator) == "Drawing again."
    server.world.daemon.wait(job["id"])
    audit = server.says("audit")
    assert f"<@{operator.id}> · paused the service" in audit
    assert f"<@{operator.id}> · resumed the service" in audit


def directly(server: BotServer, user: object) -> Channel:
    return server.world.call(lambda fake: fake.direct(user))


def test_the_operator_blocks_everywhere(server: BotServer) -> None:
    operator = server.world.fake.owner
    here = directly(server, operator)
    server.says("block", by=operator, where=here, user=server.ada)
    try:
        server.refused()
        own = directly(server, server.ada)
        told = server.answer(server.ada, "imagine", own, prompt="a fox").now.text
        assert told == "You can't use this bot here: you have been blocked."
        assert "nothing here" in server.says("blocks")
        assert f"<@{server.ada.id}>" in server.says("blocks", by=operator, where=here)
    finally:
        server.says("unblock", by=operator, where=here, user=server.ada)
    server.draws()


def test_the_operator_limits_everywhere(server: BotServer) -> None:
    operator = server.world.fake.owner
    here = directly(server, operator)
    server.says("limits set", by=operator, where=here, what="max_steps", value=5)
    try:
        assert "At most 5 steps" in server.refused(steps=6)
        server.says("limits set", what="max_steps", value=6)
        server.draws(steps=6)
        assert "only be set in a server" in server.says("roles deny", by=operator, where=here, role=server.patrons)
    finally:
        server.says("limits clear", by=operator, where=here, what="max_steps")


def test_nobody_else_decides_everywhere(server: BotServer) -> None:
    told = server.says("block", by=server.mod, where=directly(server, server.mod), user=server.ada)

    assert "only who runs the bot" in told
    server.draws()


def test_nobody_blocks_himself_or_the_bot(server: BotServer) -> None:
    for user in (server.mod, server.world.fake.bot):
        assert server.says("block", user=user) == "That one can't be blocked."


def test_a_rule_is_for_one(server: BotServer) -> None:
    told = server.says("limits set", what="queued", value=1, user=server.ada, channel=server.channel)

    assert told.startswith("Name one role")
    assert "nothing here" in server.says("rules")


def test_who_is_blocked_draws_by_no_schedule(server: BotServer) -> None:
    plan = {"name": "daily", "when": "08:00", "prompt": "a fox"}
    assert "daily" in server.answer(server.ada, "schedule add", **plan).now.text
    assert "daily" in server.answer(server.bob, "schedule add", **plan).now.text

    server.says("block", user=server.ada)

    plans = server.world.daemon.call("GET", "/v1/schedules")
    paused = {each["owner"]: each["state"] == "paused" for each in plans}
    assert paused[f"discord:{server.ada.id}"]
    assert not paused[f"discord:{server.bob.id}"]
    assert f"paused the schedule daily of <@{server.ada.id}>" in server.says("audit")
    assert "blocked" in server.answer(server.ada, "schedule resume", name="daily").now.text


def test_a_moderator_by_role_ends_what_others_asked_for(server: BotServer) -> None:
    world, operator = server.world, server.world.fake.owner
    server.says("pause", by=operator)
    try:
        job = server.draws(server.ada)
        told = server.answer(server.bob, "cancel", job=job["id"]).now.text
        assert told == "Only who asked for it can do that, or a moderator."
        world.call(lambda fake: fake.give(server.bob, server.guild, server.patrons))
        server.says("moderators add", role=server.patrons)
        server.answer(server.bob, "cancel", job=job["id"])
    finally:
        server.says("resume", by=operator)
    assert world.daemon.wait(job["id"])[0]["state"] == "cancelled"


def test_a_moderator_by_role_presses_what_is_for_moderators(server: BotServer) -> None:
    world = server.world
    message = world.done(server.answer(server.ada, "imagine", prompt="a fox"))
    job = world.jobs()[0]["id"]
    world.call(lambda fake: fake.give(server.bob, server.guild, server.patrons))

    async def press(fake):  # type: ignore[no-untyped-def]
        return (await settled(await fake.press(server.bob, message, f"mz:spoiler:{job}"))).now.text

    assert world.do(press) == "Only moderators can do that."
    server.says("moderators add", role=server.patrons)
    assert world.do(press) == "The pictures are hidden behind a spoiler now."
    assert f"<@{server.bob.id}> · hid the pictures of `{job}` of <@{server.ada.id}>" in server.says("audit")


def test_a_block_holds_for_a_schedule_that_is_steered_from_elsewhere(server: BotServer) -> None:
    """
    1. Somebody sets a schedule and is blocked, which pauses it.
    2. In the direct messages, where no rule of the server holds, he has it go on and run.
    Result: he is refused, and nothing is drawn.
    """
    server.answer(server.ada, "schedule add", name="daily", when="08:00", prompt="a fox")
    server.says("block", user=server.ada)
    direct = server.world.call(lambda fake: fake.direct(server.ada))
    before = len(server.world.jobs())

    for verb in ("resume", "run"):
        assert "blocked" in server.answer(server.ada, f"schedule {verb}", direct, name="daily").now.text
    assert len(server.world.jobs()) == before
    server.answer(server.ada, "schedule remove", name="daily")


def test_a_schedule_counts_against_what_its_owner_may_use(server: BotServer) -> None:
    """
    1. Somebody who may have two pictures a day sets a schedule and has it run three times.
    2. Pictures are to be hidden from then on, and a word of its prompt is forbidden last.
    Result: two hidden pictures, then he is told why not, by the rules as they are at that moment.
    """
    server.says("limits set", what="pictures_per_day", value=2)
    server.answer(server.ada, "schedule add", name="daily", when="08:00", prompt="a fox")
    server.says("nsfw spoiler", on=True)
    before = len(server.world.jobs())

    told = [server.answer(server.ada, "schedule run", name="daily").now.text for _ in range(3)]

    assert "drawn once now" in told[1]
    assert told[2].startswith("What you may use is used up")
    made = server.world.jobs()[: len(server.world.jobs()) - before]
    assert len(made) == 2
    assert all(job["origin"]["spoiler"] for job in made)
    server.says("filter add", phrase="fox")
    assert "not allowed here" in server.answer(server.ada, "schedule run", name="daily").now.text
    server.answer(server.ada, "schedule remove", name="daily")


def test_a_blocked_moderator_by_role_does_not_lift_it_himself(server: BotServer) -> None:
    server.says("moderators add", role=server.patrons)
    server.world.call(lambda fake: fake.give(server.bob, server.guild, server.patrons))
    server.says("block", user=server.bob)

    with shown_to_all(server):
        assert server.says("unblock", by=server.bob, user=server.bob) == "Only moderators can do that."
    assert "blocked" in server.refused(server.bob)
