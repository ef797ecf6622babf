"""The bot comes, goes and comes back; whatever becomes of it, the daemon goes on."""

from __future__ import annotations

import pathlib

import pytest
from support.bot_commands import Person
from support.bot_world import BotWorld, bot_world
from support.fake_discord.uploads import Upload
from support.pictures import noise

SYNC = "PUT /applications/*/commands"


def detail(world: BotWorld) -> str:
    return str(world.daemon.call("GET", "/v1/status")["frontends"]["discord"]["detail"])


def until_state(world: BotWorld, state: str, seconds: float = 30.0) -> None:
    world.daemon.until(lambda: world.state() == state, seconds, f"the bot is {state}")


def still_draws(world: BotWorld) -> bool:
    """The daemon, whatever the bot does."""
    path = f"/v1/jobs/{world.daemon.call('POST', '/v1/jobs', {'prompt': 'a red apple'})['id']}"
    world.daemon.until(lambda: world.daemon.call("GET", path)["state"] == "done", 60, "a picture is drawn")
    return True


def test_without_it_the_status_says_off(tmp_path: pathlib.Path) -> None:
    with bot_world(
        tmp_path, {"MEZZOTINT_ENGINE__KIND": "fake", "MEZZOTINT_DISCORD__ENABLED": "false"}, start=False
    ) as w:
        w.daemon.start()
        assert w.daemon.call("GET", "/v1/status")["frontends"] == {"discord": {"state": "off", "detail": ""}}


def test_a_wrong_token_stops_only_the_bot(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path, start=False) as world:
        world.write_token("not-the-token")
        world.daemon.start()
        until_state(world, "failed")
        assert "refuses the bot's token" in detail(world)
        assert still_draws(world)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "there is no file"),
        (lambda path: path.chmod(0o644), "may be read by others"),
        (lambda path: path.write_text("two words"), "is none"),
    ],
)
def test_a_token_that_can_not_be_used_is_said(tmp_path: pathlib.Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    with bot_world(tmp_path, start=False) as world:
        spoil(world.token_file)
        world.daemon.start()
        until_state(world, "failed")
        assert said in detail(world)


def test_it_waits_for_a_discord_that_is_not_reachable_yet(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path, start=False) as world:
        world.do(lambda fake: fake.go_down())
        world.daemon.start()
        world.daemon.until(lambda: detail(world) not in ("", "connecting"), 30, "it says why")
        assert world.state() == "connecting"
        assert still_draws(world)
        world.call(lambda fake: fake.come_back())
        until_state(world, "ready", 60)


def test_a_token_that_is_revoked_stops_only_the_bot_and_a_new_one_mends_it(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path) as world:
        new = world.do(lambda fake: fake.revoke_token())
        until_state(world, "failed")
        assert still_draws(world)
        world.write_token(new)
        assert world.daemon.stop() == 0
        world.start()


def test_a_lost_connection_is_taken_up_again(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path) as world:
        world.do(lambda fake: fake.gateway.drop())
        world.do(lambda fake: fake.connected())
        until_state(world, "ready")
        assert world.done(world.slash(world.ada, "imagine", prompt="a red apple"))


def test_commands_are_sent_only_when_they_have_changed(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path) as world:
        assert len(world.call(lambda fake: fake.asked(SYNC))) == 1
        for _ in range(2):
            assert world.daemon.stop() == 0
            world.start()
        assert len(world.call(lambda fake: fake.asked(SYNC))) == 1


def test_the_bot_serves_while_discord_takes_no_more_commands(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path, start=False) as world:
        world.call(lambda fake: fake.faults.rate_limit(SYNC, 80_000, times=None))
        world.daemon.start()
        until_state(world, "ready")
        assert "did not take its commands" in detail(world)


def test_settings_that_it_is_built_with_are_taken_over(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path) as world:
        (world.daemon.state_dir / "config.toml").write_text("[limits]\nmax_image_bytes = 65536\n")
        assert world.daemon.command_line("reload").returncode == 0
        until_state(world, "ready")
        told = Person(world, "eve").is_told("edit", image=Upload("large.png", noise()), prompt="a pear")
        assert "That picture is too large" in told.text
