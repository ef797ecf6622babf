"""What moderators see of what was asked for and done."""

from __future__ import annotations

from support.bot_server import BotServer


def test_the_log_tells_who_asked_for_what_here(server: BotServer) -> None:
    other = BotServer(server.world)
    mine = server.draws(prompt="a *bold* fox")
    server.draws(server.bob, prompt="a boat")
    theirs = other.draws(prompt="a tree")

    told = server.says("log")

    assert f"<@{server.ada.id}> · <#{server.channel.id}>" in told
    assert "a \\*bold\\* fox" in told
    assert mine["id"] in told
    assert told.index("a boat") < told.index("fox")
    assert theirs["id"] not in told
    assert "fox" not in server.says("log", user=server.bob)


def test_a_private_prompt_is_not_told(server: BotServer) -> None:
    job = server.draws(prompt="a secret", private=True)

    told = server.says("log")

    assert "secret" not in told
    assert f"(private) `{job['id']}`" in told
    assert f"<@{server.ada.id}>" in told


def test_the_audit_tells_who_changed_what(server: BotServer) -> None:
    server.says("limits set", what="queued", value=3)
    server.says("limits set", what="queued", value=4, role=server.patrons)
    server.says("limits clear", what="queued")
    server.says("limits clear", what="queued")
    server.says("block", user=server.ada)
    server.says("filter add", phrase="gore")
    server.says("nsfw spoiler", on=True)
    server.says("limits set", what="queued", value=20_000)

    lines = server.says("audit").splitlines()

    assert lines[0] == "### What moderators did"
    assert [line.split(" · ", 2)[2] for line in lines[1:]] == [
        "set: everyone · always behind a spoiler: **yes**",
        "set: everyone · words not allowed: **gore**",
        f"set: <@{server.ada.id}> · blocked: **yes**",
        "taken away: everyone · waiting jobs: **3**",
        f"set: <@&{server.patrons.id}> · waiting jobs: **4**",
        "set: everyone · waiting jobs: **3**",
    ]
    assert all(f"<@{server.mod.id}>" in line for line in lines[1:])


def test_long_lists_come_a_page_at_a_time(server: BotServer) -> None:
    for number in range(17):
        server.says("filter add", phrase=f"word{number} {'x' * 90}")

    first, second = server.says("filter show"), server.says("filter show", page=2)

    assert "word0 " in first
    assert "page 1 of 2" in first
    assert "word16 " in second
    assert "page 2 of 2" in second
    assert server.says("filter show", page=25) == second


def test_what_is_set_is_listed(server: BotServer) -> None:
    server.says("channels deny", channel=server.other, command="vary")
    server.says("defaults set", steps=9)

    told = server.says("rules")

    assert f"<#{server.other.id}> · use of “vary”: **no**" in told
    assert "everyone · defaults: **steps: 9**" in told
