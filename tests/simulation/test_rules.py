"""The rules of the policy, case by case."""

from __future__ import annotations

from dataclasses import replace

from daemon.fairness.board import has_room, ranks, wanting
from daemon.fairness.order import in_turn
from daemon.fairness.policy import next_pick
from daemon.fairness.riders import ASIDE
from daemon.fairness.shares import Shares
from daemon.fairness.turns import TurnQueue
from daemon.fairness.values import Aboard, Candidate, EngineState, Fit, Rules

A, B = Fit("a", 512, 512), Fit("b", 512, 512)
RULES = Rules()
PEOPLE, FOLDER, SCHEDULED, BACKGROUND = range(4)


def aboard(lane: int, owner: str, arrival: int, fit: Fit = A, *, alone: bool = False) -> Aboard:
    return Aboard(lane=lane, owner=owner, fit=fit, arrival=arrival, seconds=2.0, alone=alone)


def engine(
    *jobs: Aboard, capacity: int = 2, model: str | None = "a", each: float | None = None, fixed: float = 0.0
) -> EngineState:
    """Where ``each`` is known a forward takes that for each picture, beside what is ``fixed``."""
    seconds = None if each is None else lambda fit, pictures: fixed + each * pictures
    return EngineState(capacity=capacity, model=model, aboard=jobs, forward_seconds=seconds)


def queue(*jobs: tuple[int, str, Fit]) -> TurnQueue:
    waiting = TurnQueue()
    for seq, (lane, owner, fit) in enumerate(jobs):
        waiting.enqueue(lane, Candidate(seq, owner, fit))
    return waiting


def seq_of(waiting: TurnQueue, state: EngineState, shares: Shares | None = None) -> int | None:
    pick = next_pick(waiting, state, shares or Shares(), RULES)
    return None if pick is None else pick.candidate.seq


def test_a_more_urgent_lane_goes_first() -> None:
    assert seq_of(queue((FOLDER, "f", A), (PEOPLE, "p", A)), engine()) == 1


def test_an_overdue_lane_goes_before_a_more_urgent_one() -> None:
    waiting = queue((FOLDER, "f", A), (PEOPLE, "p", A))
    assert seq_of(waiting, engine(), Shares(overdue=frozenset({FOLDER}))) == 0


def test_of_owners_whose_turn_is_the_same_the_one_who_came_first_goes_first() -> None:
    assert seq_of(queue((PEOPLE, "z", A), (PEOPLE, "a", A)), engine()) == 0


def test_a_job_that_fits_what_is_loaded_is_preferred() -> None:
    assert seq_of(queue((PEOPLE, "p", B), (PEOPLE, "q", A)), engine()) == 1


def test_a_job_that_fits_is_not_preferred_to_one_accepted_long_before_it() -> None:
    waiting = TurnQueue()
    waiting.enqueue(PEOPLE, Candidate(0, "p", B))
    waiting.enqueue(PEOPLE, Candidate(RULES.look_ahead + 1, "q", A))
    assert seq_of(waiting, engine()) == 0


def test_a_job_that_must_run_alone_waits_for_an_empty_engine_and_others_wait_for_it() -> None:
    waiting = TurnQueue()
    waiting.enqueue(PEOPLE, Candidate(0, "p", A, alone=True))
    waiting.enqueue(FOLDER, Candidate(1, "f", A))
    assert seq_of(waiting, engine(aboard(FOLDER, "f", 1))) is None
    assert seq_of(waiting, engine()) == 0
    assert seq_of(queue((PEOPLE, "p", A)), engine(aboard(PEOPLE, "q", 1, alone=True))) is None


def test_a_person_has_room_on_an_engine_full_of_background_jobs() -> None:
    full = engine(*(aboard(BACKGROUND, "b", arrival) for arrival in range(3)))
    assert has_room(PEOPLE, "p", full, RULES)
    assert not has_room(BACKGROUND, "b", full, RULES)


def test_a_lane_has_its_place_on_an_engine_full_of_people() -> None:
    full = engine(*(aboard(PEOPLE, f"p{arrival}", arrival) for arrival in range(3)))
    assert has_room(BACKGROUND, "b", full, RULES)
    assert not has_room(PEOPLE, "another", full, RULES)


def test_the_first_job_of_each_owner_goes_before_the_second_of_any() -> None:
    state = engine(aboard(PEOPLE, "p", 1), aboard(PEOPLE, "p", 2), aboard(PEOPLE, "q", 3))
    assert ranks(state, Shares(), RULES) == [1, 2, 1]


def test_a_lane_that_is_owed_goes_first_with_as_many_jobs_as_it_has_places() -> None:
    state = engine(aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2), aboard(FOLDER, "f", 3))
    assert ranks(state, Shares(owed=frozenset({FOLDER})), RULES) == [1, 0, 4]


def test_a_model_is_loaded_only_for_a_lane_that_is_overdue() -> None:
    state = engine(aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2, B))
    owed = frozenset({FOLDER})
    assert ranks(state, Shares(owed=owed), RULES) == [1, 3]
    assert ranks(state, Shares(owed=owed, overdue=owed), RULES) == [1, 0]


def test_a_lane_with_something_parked_or_of_another_size_wants_to_be_served() -> None:
    full = engine(aboard(PEOPLE, "p", 1), aboard(PEOPLE, "q", 2), aboard(FOLDER, "f", 3))
    other = engine(aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2, Fit("a", 1024, 1024)))
    assert wanting([], full, Shares(), RULES) == {FOLDER}
    assert wanting([], other, Shares(), RULES) == {FOLDER}
    assert wanting([], engine(aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2)), Shares(), RULES) == set()


def test_what_rides_along_does_not_count_while_the_first_job_of_its_lane_waits() -> None:
    state = engine(aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2, B), aboard(FOLDER, "g", 3))
    assert in_turn(state, {1: 0.5, 3: 0.5}) == {PEOPLE: 0.5}
    assert in_turn(state, {1: 0.5, 2: 0.5, 3: 0.25}) == {PEOPLE: 0.5, FOLDER: 0.75}


def test_what_passes_one_that_has_not_begun_is_neither_drawn_for_the_lanes_sake_nor_counted() -> None:
    misfit = aboard(FOLDER, "g", 2, Fit("a", 1024, 1024))
    begun = engine(aboard(FOLDER, "f", 1), replace(misfit, served=0.5), aboard(FOLDER, "h", 3))
    assert in_turn(begun, {1: 0.5, 3: 0.5}) == {FOLDER: 1.0}
    state = engine(aboard(FOLDER, "f", 1), misfit, aboard(FOLDER, "h", 3), aboard(PEOPLE, "p", 4))
    assert in_turn(state, {1: 0.5, 3: 0.5}) == {FOLDER: 0.5}
    assert in_turn(state, {1: 0.5, 2: 0.5, 3: 0.5}) == {FOLDER: 1.5}
    wide = Rules(shares=(0.1, 0.7, 0.1, 0.1))
    assert [rank == 0 for rank in ranks(state, Shares(owed=frozenset({FOLDER})), wide)] == [True, False, False, False]
    without = engine(aboard(FOLDER, "f", 1), aboard(FOLDER, "h", 3), aboard(PEOPLE, "p", 4))
    assert [rank == 0 for rank in ranks(without, Shares(owed=frozenset({FOLDER})), wide)] == [True, True, False]


def test_a_lane_is_owed_its_share_of_what_others_get_while_it_wants() -> None:
    shares = Shares().seen([FOLDER]).served(9.0, {PEOPLE: 9.0}, RULES).settled(RULES)
    assert shares.owed == set()
    shares = shares.served(2.0, {PEOPLE: 2.0}, RULES).settled(RULES)
    assert shares.owed == {FOLDER}
    assert shares.overdue == set()


def test_a_lane_goes_first_until_it_is_owed_nothing() -> None:
    shares = Shares().seen([FOLDER]).served(15.0, {PEOPLE: 15.0}, RULES).settled(RULES)
    shares = shares.served(2.0, {FOLDER: 2.0}, RULES).settled(RULES)
    assert shares.owed == {FOLDER}
    assert shares.served(2.0, {FOLDER: 2.0}, RULES).settled(RULES).owed == set()


def test_a_lane_that_stops_to_want_saves_nothing_up() -> None:
    shares = Shares().seen([FOLDER]).served(100.0, {PEOPLE: 100.0}, RULES)
    assert shares.seen([]).behind[FOLDER] == 0.0


def test_what_a_lane_gets_beyond_its_share_is_soon_forgiven() -> None:
    shares = Shares().seen([FOLDER]).served(3600.0, {FOLDER: 3600.0}, RULES)
    assert shares.behind[FOLDER] == -RULES.quantum_seconds


CROWD = (aboard(PEOPLE, "p", 1), *(aboard(FOLDER, f"f{arrival}", arrival) for arrival in range(2, 9)))


def test_who_costs_a_person_nothing_rides_along_and_so_does_everybody_while_nothing_is_known() -> None:
    for state in (engine(*CROWD, capacity=8, each=0.0, fixed=0.1), engine(*CROWD, capacity=8)):
        assert max(ranks(state, Shares(), RULES)) < ASIDE
        assert wanting([], state, Shares(), RULES) == set()


def test_who_would_lengthen_the_forwards_of_a_person_too_much_is_set_aside_and_wants() -> None:
    """One picture takes 0.06 s: half as long again allows two, of eight places."""
    state = engine(*CROWD, capacity=8, each=0.02, fixed=0.04)
    assert ranks(state, Shares(), RULES) == [1, 3, *[3 + ASIDE] * 6]
    assert wanting([], state, Shares(), RULES) == {FOLDER}


def test_who_has_no_person_beside_him_is_not_set_aside() -> None:
    assert ranks(engine(*CROWD[1:], capacity=8, each=0.1), Shares(), RULES) == [3] * 7


def test_the_jobs_of_people_are_never_set_aside_for_each_other() -> None:
    people = (aboard(PEOPLE, "p", 1), aboard(PEOPLE, "p", 2), aboard(PEOPLE, "q", 3))
    assert ranks(engine(*people, capacity=8, each=0.1), Shares(), RULES) == [1, 2, 1]


def test_a_lane_that_is_owed_something_goes_first_whatever_that_costs_others() -> None:
    state = engine(*CROWD, capacity=8, each=0.1)
    assert ranks(state, Shares(owed=frozenset({FOLDER})), RULES) == [1, 0, 0, *[3 + ASIDE] * 5]


LARGE = Fit("a", 1024, 1024)


def far_behind(folder: float) -> Shares:
    return Shares(behind=(0.0, folder, 3.0, 0.0), owed=frozenset({FOLDER, SCHEDULED}))


def test_a_lane_that_is_far_behind_and_takes_turns_has_the_engine_to_itself() -> None:
    jobs = (
        aboard(PEOPLE, "p", 1),
        aboard(FOLDER, "f", 2),
        aboard(FOLDER, "g", 3, LARGE),
        aboard(SCHEDULED, "s", 4, LARGE),
    )
    state = engine(*jobs, capacity=8)
    assert ranks(state, far_behind(4.0), RULES) == [1, 0, 3, 0]
    assert ranks(state, far_behind(4.1), RULES) == [1 + ASIDE, 0, 3 + ASIDE, ASIDE]


def test_it_shares_the_forwards_in_which_all_who_are_owed_something_have_their_parts() -> None:
    jobs = aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2), aboard(SCHEDULED, "s", 3)
    assert ranks(engine(*jobs, capacity=8), far_behind(4.1), RULES) == [1, 0, 0]


def test_a_lane_that_bears_less_than_its_share_of_a_crowded_forward_has_the_engine_to_itself() -> None:
    shares = Shares(behind=(0.0, 4.1, 0.0, 0.0), owed=frozenset({FOLDER}))
    people = [aboard(PEOPLE, f"p{arrival}", arrival) for arrival in range(7)]
    folder = aboard(FOLDER, "f", 7), aboard(FOLDER, "g", 8, LARGE)
    assert ranks(engine(*people[:3], *folder, capacity=8), shares, RULES)[:4] == [1, 1, 1, 0]
    assert ranks(engine(*people, *folder, capacity=8), shares, RULES)[6:8] == [1 + ASIDE, 0]


def test_a_lane_that_is_owed_something_waits_for_a_more_urgent_one_that_has_not_had_its_share() -> None:
    state = engine(aboard(PEOPLE, "p", 1), aboard(FOLDER, "f", 2))
    owed = Shares(behind=(0.0, 3.0, 0.0, 0.0), owed=frozenset({FOLDER}))
    assert ranks(state, owed, RULES) == [1, 0]
    assert ranks(state, replace(owed, unused=(0.1, 0.0, 0.0, 0.0)), RULES) == [1, 3]
    far = replace(owed, behind=(0.0, 4.1, 0.0, 0.0), unused=(0.1, 0.0, 0.0, 0.0))
    assert ranks(state, far, RULES) == [1, 0], "it is far behind"
