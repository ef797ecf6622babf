"""Each rule, and which of several decides."""

from __future__ import annotations

from typing import Any

import pytest
from support.policy_rows import FIELDS, asker, rule

from daemon.service import Limit, PolicyRow
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.decide import decide
from frontends.discord_bot.policy.grant import Grant
from frontends.discord_bot.refusal import Refused


def granted(rows: list[PolicyRow], who: Asker | None = None, verb: str | None = "imagine", **fields: Any) -> Grant:
    found = decide(rows, who or asker(), verb, {**FIELDS, **fields})
    assert isinstance(found, Grant), found
    return found


def refused(rows: list[PolicyRow], who: Asker | None = None, verb: str | None = "imagine", **fields: Any) -> str:
    found = decide(rows, who or asker(), verb, {**FIELDS, **fields})
    assert isinstance(found, Refused), found
    return found.key


def test_without_rules_everything_is_allowed() -> None:
    assert granted([]) == Grant()


@pytest.mark.parametrize("guild", ["1", ""])
def test_a_block_wins_over_whatever_allows(guild: str) -> None:
    rows = [rule("user:3", "block", True, guild), rule("user:3", "use", True), rule("role:4", "use", True)]

    assert refused(rows) == "policy.blocked"


def test_a_block_of_one_guild_is_none_of_another() -> None:
    granted([rule("user:3", "block", True, "7")])
    granted([rule("user:3", "block", True)], asker(guild=None, roles=()))


def test_a_block_everywhere_holds_in_direct_messages() -> None:
    rows = [rule("user:3", "block", {"reason": "x"}, "")]

    assert refused(rows, asker(guild=None, roles=())) == "policy.blocked"


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({"guild": False}, False),
        ({"guild": False, "channel:2": True}, True),
        ({"channel:2": False, "guild": True}, False),
        ({"channel:2": False, "role:5": True}, True),
        ({"role:4": False, "role:5": True}, True),
        ({"role:4": False, "channel:2": True}, False),
        ({"role:4": True, "user:3": False}, False),
        ({"channel:2": False, "role:4": False, "user:3": True}, True),
        ({"channel:8": False, "role:8": False, "user:8": False}, True),
    ],
)
def test_the_most_specific_rule_decides_about_use(scopes: dict[str, bool], allowed: bool) -> None:
    rows = [rule(scope, "use", value) for scope, value in scopes.items()]

    if allowed:
        granted(rows)
    else:
        assert refused(rows) == "policy.not_here"


def test_a_command_is_denied_by_itself() -> None:
    rows = [rule("guild", "use.imagine", False)]

    assert refused(rows) == "policy.not_here"
    granted(rows, verb="edit")


def test_in_one_rank_the_rule_for_the_command_goes_first() -> None:
    rows = [rule("channel:2", "use", False), rule("channel:2", "use.imagine", True)]

    granted(rows)
    assert refused(rows, verb="edit") == "policy.not_here"


def test_a_rule_for_all_of_a_higher_rank_goes_before_one_for_the_command() -> None:
    granted([rule("guild", "use.imagine", False), rule("role:4", "use", True)])


@pytest.mark.parametrize(("button", "command"), [("subtle", "vary"), ("strong", "vary"), ("reroll", "again")])
def test_buttons_fall_under_commands(button: str, command: str) -> None:
    assert refused([rule("guild", f"use.{command}", False)], verb=button) == "policy.not_here"


def test_pictures_only_where_a_channel_is_age_restricted() -> None:
    rows = [rule("guild", "age_restricted", True)]

    assert refused(rows) == "policy.age_restricted_only"
    granted(rows, asker(age_restricted=True))
    granted([*rows, rule("channel:2", "age_restricted", False)])


def test_a_filter_looks_at_the_prompt() -> None:
    rows = [rule("guild", "filter", ["Blue Moon"]), rule("channel:2", "filter", ["gore"])]

    assert refused(rows, prompt="a blue,  MOON over hills") == "policy.filtered"
    assert refused(rows, prompt="gore") == "policy.filtered"
    granted(rows, prompt="a bluemoon")
    granted(rows, prompt="a fox", negative_prompt="gore")


def test_models_that_may_be_used() -> None:
    rows = [rule("guild", "models", ["large"])]

    assert refused(rows) == "policy.model_not_allowed"
    granted(rows, model="large")


def test_roles_unite_their_models() -> None:
    rows = [rule("guild", "models", ["a"]), rule("role:4", "models", ["b"]), rule("role:5", "models", ["starter"])]

    assert granted(rows).models == ("b", "starter")


@pytest.mark.parametrize(
    ("name", "value", "fields", "key"),
    [
        ("max_steps", 17, {}, "policy.too_many_steps"),
        ("max_pixels", 256 * 255, {}, "policy.too_many_pixels"),
        ("max_count", 2, {"count": 3}, "policy.too_many_count"),
        ("pictures_per_day", 2, {"count": 3}, "policy.too_many_a_day"),
    ],
)
def test_maxima(name: str, value: int, fields: dict[str, Any], key: str) -> None:
    assert refused([rule("guild", name, value)], **fields) == key
    granted([rule("guild", name, value), rule("role:4", name, 0)], **fields)
    granted([rule("guild", name, 10_000_000)], **fields)


def test_a_maximum_is_what_may_just_be_asked_for() -> None:
    rows = [rule("guild", "max_steps", 18), rule("guild", "max_pixels", 256 * 256), rule("guild", "max_count", 1)]

    granted(rows)


def test_limits_are_of_the_member() -> None:
    rows = [rule("guild", "queued", 3), rule("role:4", "pictures_per_day", 9), rule("user:3", "gpu_seconds_per_day", 5)]

    assert granted(rows).limits == (
        Limit("member:1.3", "rule queued", "queued", None, 3),
        Limit("member:1.3", "rule pictures_per_day", "pictures", "day", 9),
        Limit("member:1.3", "rule gpu_seconds_per_day", "engine_ms", "day", 5000),
    )


def test_limits_that_hold_everywhere_are_of_the_owner() -> None:
    rows = [rule("guild", "queued", 3, "")]

    assert [each.scope for each in granted(rows).limits] == ["owner:discord:3"]
    assert [each.scope for each in granted(rows, asker(guild=None, roles=())).limits] == ["owner:discord:3"]
    assert [each.limit for each in granted([*rows, rule("guild", "queued", 5)]).limits] == [5]


@pytest.mark.parametrize(
    ("scopes", "limit"),
    [
        ({"guild": 3, "channel:2": 5}, 5),
        ({"channel:2": 5, "role:4": 2}, 2),
        ({"role:4": 2, "role:5": 7}, 7),
        ({"role:4": 0, "role:5": 7}, None),
        ({"role:5": 7, "user:3": 1}, 1),
        ({"guild": 3, "user:3": 0}, None),
    ],
)
def test_the_most_specific_rule_decides_about_a_limit(scopes: dict[str, int], limit: int | None) -> None:
    rows = [rule(scope, "queued", value) for scope, value in scopes.items()]

    assert [each.limit for each in granted(rows).limits] == ([] if limit is None else [limit])


def test_defaults_of_a_channel_stand_over_those_of_the_guild() -> None:
    rows = [rule("guild", "defaults", {"steps": 9, "size": "tall"}), rule("channel:2", "defaults", {"steps": 5})]

    assert granted(rows).defaults == {"steps": 5, "size": "tall"}


def test_a_spoiler_is_lifted_for_a_role() -> None:
    rows = [rule("guild", "spoiler", True)]

    assert granted(rows).spoiler
    assert not granted([*rows, rule("role:4", "spoiler", False)]).spoiler


def test_rules_of_a_newer_version_are_passed_over() -> None:
    assert granted([rule("guild", "use.fly", False), rule("user:3", "weather", "rain")], verb="fly") == Grant()


def test_without_a_verb_only_the_request_is_judged() -> None:
    rows = [rule("guild", "use", False), rule("guild", "max_steps", 2)]

    assert refused(rows, verb=None) == "policy.too_many_steps"
    granted(rows, verb=None, steps=2)
