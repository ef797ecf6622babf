"""How the silence of an engine is counted."""

from __future__ import annotations

from daemon.dispatch.silence import LONGEST_LOOK_SECONDS, Silence


def test_silence_grows_with_every_look_until_it_is_broken() -> None:
    silence = Silence(100.0)
    for second in range(1, 6):
        silence.look(100.0 + second)
    assert silence.seconds == 5.0
    silence.broken()
    silence.look(106.0)
    assert silence.seconds == 1.0


def test_time_in_which_the_daemon_itself_was_stopped_is_not_held_against_the_engine() -> None:
    silence = Silence(0.0)
    silence.look(3600.0)
    assert silence.seconds == LONGEST_LOOK_SECONDS
