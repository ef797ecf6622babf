"""What holds for whatever rules there are."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.policy_rows import FIELDS, asker, rule

from daemon.service import PolicyRow
from frontends.discord_bot.policy.decide import decide
from frontends.discord_bot.policy.grant import Grant
from frontends.discord_bot.policy.names import NAMES
from frontends.discord_bot.refusal import Refused

OWN = ("guild", "channel:2", "role:4", "role:5", "user:3")
OTHERS = ("channel:12", "role:14", "user:13")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "block": st.sampled_from([True, {"reason": "x"}]),
    "number": st.integers(0, 1000),
    "list": st.lists(st.sampled_from(["starter", "large", "fox", "gore"]), max_size=3, unique=True),
    "options": st.dictionaries(st.sampled_from(["steps", "count", "size"]), st.integers(1, 9), max_size=3),
}


@st.composite
def rules(draw: st.DrawFn, scopes: tuple[str, ...] = OWN, *, blocks: bool = False) -> list[PolicyRow]:
    """At most one of each name in each scope."""
    names = [each for each in NAMES if blocks or each.name != "block"]
    places = [(scope, each) for scope in scopes for each in names if scope.partition(":")[0] in each.scopes]
    chosen = draw(st.lists(st.sampled_from(range(len(places))), max_size=8, unique=True))
    guild = draw(st.sampled_from(["1", ""]))
    return [rule(places[n][0], places[n][1].name, draw(VALUES[places[n][1].kind]), guild) for n in chosen]


def outcome(rows: list[PolicyRow]) -> Any:
    found = decide(rows, asker(), "imagine", FIELDS)
    return (found.key, found.values) if isinstance(found, Refused) else found


@given(rules(blocks=True), st.sampled_from(["1", ""]))
def test_a_block_always_wins(rows: list[PolicyRow], guild: str) -> None:
    found = decide([*rows, rule("user:3", "block", True, guild)], asker(), "imagine", FIELDS)

    assert isinstance(found, Refused)
    assert found.key == "policy.blocked"


@given(rules(), rules(OTHERS, blocks=True), st.data())
def test_rules_for_others_change_nothing_and_no_order_does(
    rows: list[PolicyRow], others: list[PolicyRow], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations([*rows, *others]))

    assert outcome(mixed) == outcome(rows)


@given(rules(), rules())
def test_rules_of_another_guild_change_nothing(rows: list[PolicyRow], others: list[PolicyRow]) -> None:
    elsewhere = [rule(each.scope, each.name, each.value, "77") for each in others]

    assert outcome([*rows, *elsewhere]) == outcome(rows)


@given(rules(("guild", "channel:2", "role:4", "role:5")), st.integers(1, 50))
def test_who_is_named_himself_has_what_is_said_of_him(rows: list[PolicyRow], cap: int) -> None:
    own = [rule("user:3", "use", True), rule("user:3", "queued", cap), rule("guild", "age_restricted", False)]
    kept = [each for each in rows if each.name != "age_restricted"]
    found = decide([*kept, *own], asker(), "imagine")

    assert isinstance(found, Grant)
    assert [each.limit for each in found.limits if each.what == "queued"] == [cap]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4), st.integers(0, 20), st.integers(0, 20))
def test_one_more_role_never_takes_anything_away(caps: list[int], more: int, of_guild: int) -> None:
    rows = [rule("guild", "queued", of_guild)]
    rows += [rule(f"role:{40 + number}", "queued", cap) for number, cap in enumerate([*caps, more])]
    roles = tuple(str(40 + number) for number in range(len(caps) + 1))

    def cap(held: tuple[str, ...]) -> float:
        found = decide(rows, asker(roles=held), "imagine")
        assert isinstance(found, Grant)
        return found.limits[0].limit if found.limits else float("inf")

    assert cap(roles) >= cap(roles[:-1])


SIDES = st.integers(8, 512).map(lambda eighths: eighths * 8)


@given(SIDES, SIDES, st.integers(1, 150), st.integers(1, 150), st.integers(64 * 64, 4096**2))
def test_who_leaves_open_how_large_is_never_refused_for_it(
    width: int, height: int, steps: int, most_steps: int, most_pixels: int
) -> None:
    rows = [rule("guild", "max_steps", most_steps), rule("guild", "max_pixels", most_pixels)]
    grant = decide(rows, asker(), "imagine")
    assert isinstance(grant, Grant)
    completed = {**FIELDS, "width": width, "height": height, "steps": steps}

    fitted = {**completed, **grant.fitted({"prompt": "a fox"}, completed)}

    assert isinstance(decide(rows, asker(), "imagine", fitted), Grant)
    assert all(fitted[side] % 8 == 0 and fitted[side] >= 64 for side in ("width", "height"))
    assert fitted["steps"] == min(steps, most_steps)
    if width * height <= most_pixels:
        assert (fitted["width"], fitted["height"]) == (width, height)


def test_what_was_said_is_never_changed() -> None:
    grant = Grant(maxima={"steps": 5, "pixels": 4096})

    assert grant.fitted({"steps": 9, "width": 512, "height": 512}, {"steps": 9, "width": 512, "height": 512}) == {}


def test_the_model_that_draws_when_none_is_named() -> None:
    assert Grant().model(["usual", "other"]) is None
    assert Grant(models=("other", "usual")).model(["usual", "other"]) == "usual"
    assert Grant(models=("other",)).model(["usual", "other"]) == "other"
    assert Grant(models=("gone",)).model(["usual", "other"]) is None
