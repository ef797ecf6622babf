"""Endless scenes: scene ``number`` of a stream is always the same one, wherever and whenever it is made."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from pipeline.starter.training import styles
from pipeline.starter.training.backdrops import backdrop
from pipeline.starter.training.captions import NUMBERS, Caption, Form
from pipeline.starter.training.palette import RGB, TINTS, jittered
from pipeline.starter.training.scene import Arrangement, Scene, Thing
from pipeline.starter.training.subjects import Collection, Subject

ONE, PAIR = 0.68, 0.86
"""Up to which part of all scenes: one subject, two different ones; the rest show two to four of a kind."""
SPOTS = {
    2: ((0.27, 0.5), (0.73, 0.5)),
    3: ((0.27, 0.30), (0.73, 0.30), (0.5, 0.73)),
    4: ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)),
}
"""Where several of a kind stand: x and y as parts of the side."""
NEAR, FAR = 0.26, 0.74
"""The places of a pair along its axis."""
TURN_DEGREES = 8.0

_Part = tuple[Arrangement, tuple[Thing, ...], Caption, RGB | None]


def compose(collection: Collection, stream: str, number: int) -> Scene:
    """One scene. Streams of different names share no scenes but by chance."""
    rng = random.Random(f"{stream}:{number}")
    style = rng.choice(collection.styles)
    behind = backdrop(rng)
    share = rng.random()
    part = _one if share < ONE else _pair if share < PAIR else _several
    arrangement, things, caption, tint = part(rng, collection, style)
    frame = caption.frame
    if rng.random() < 0.6:
        frame = rng.choice(styles.WORDS[style]).format(frame)
    frame = rng.choice(styles.OPENINGS) + frame + behind.words
    said = Caption(frame, caption.names, caption.form, caption.adjectives, caption.tags)
    return Scene(arrangement, things, behind, said, tint)


def compose_many(collection: Collection, stream: str, numbers: Sequence[int]) -> tuple[Scene, ...]:
    """Several scenes of a stream."""
    return tuple(compose(collection, stream, number) for number in numbers)


def _name(rng: random.Random, subject: Subject) -> str:
    share = rng.random()
    if share < 0.08 and subject.tags:
        return rng.choice(subject.tags)
    return subject.label if share > 0.75 else subject.name


def _thing(rng: random.Random, collection: Collection, index: int, style: str, place: tuple[float, ...]) -> Thing:
    x, y, size = place
    turn = math.radians(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    return Thing(index, collection.subjects[index].pictures[style], x, y, size, turn)


def _one(rng: random.Random, collection: Collection, style: str) -> _Part:
    index = rng.choice(collection.of_style[style])
    subject = collection.subjects[index]
    size, adjectives = _size(rng)
    tint = None
    if rng.random() < 0.14 and subject.tintable:
        colour = rng.choice(TINTS)
        tint, adjectives = jittered(rng, colour), f"{adjectives}{colour} "
    reach = (1 - size) / 2 * 0.35
    place = (0.5 + rng.uniform(-reach, reach), 0.5 + rng.uniform(-reach, reach), size)
    form = Form.ARTICLE if rng.random() < 0.8 else Form.BARE
    tags = tuple(rng.sample(subject.tags, min(2, len(subject.tags)))) if rng.random() < 0.12 else ()
    caption = Caption("{0}", (_name(rng, subject),), form, adjectives, tags)
    return Arrangement.ONE, (_thing(rng, collection, index, style, place),), caption, tint


def _size(rng: random.Random) -> tuple[float, str]:
    """A size, and the adjective for it if it is an unusual one."""
    share = rng.random()
    if share < 0.10:
        return rng.uniform(0.26, 0.36), rng.choice(("small ", "tiny ", "little "))
    if share < 0.20:
        return rng.uniform(0.84, 0.97), rng.choice(("large ", "big ", "huge "))
    return rng.uniform(0.55, 0.75), ""


def _pair(rng: random.Random, collection: Collection, style: str) -> _Part:
    first, second = rng.sample(collection.of_style[style], 2)
    size = rng.uniform(0.38, 0.47)
    shifts = [0.5 + rng.uniform(-0.06, 0.06) for _ in range(2)]
    if rng.random() < 0.75:
        arrangement, places = Arrangement.BESIDE, ((NEAR, shifts[0], size), (FAR, shifts[1], size))
        frames = ("{0} and {1}", "{0} next to {1}", "{0} on the left and {1} on the right", "{0} to the left of {1}")
    else:
        arrangement, places = Arrangement.STACKED, ((shifts[0], NEAR, size), (shifts[1], FAR, size))
        frames = ("{0} above {1}", "{0} on top of {1}", "{1} below {0}", "{1} under {0}")
    names = (_name(rng, collection.subjects[first]), _name(rng, collection.subjects[second]))
    caption = Caption(rng.choice(frames), names, Form.ARTICLE)
    things = (
        _thing(rng, collection, first, style, places[0]),
        _thing(rng, collection, second, style, places[1]),
    )
    return arrangement, things, caption, None


def _several(rng: random.Random, collection: Collection, style: str) -> _Part:
    index, count = rng.choice(collection.of_style[style]), rng.choice(list(SPOTS))
    size = rng.uniform(0.36, 0.44)
    things = tuple(_thing(rng, collection, index, style, (*spot, size)) for spot in SPOTS[count])
    caption = Caption(f"{NUMBERS[count]} {{0}}", (collection.subjects[index].name,), Form.PLURAL)
    return Arrangement.SEVERAL, things, caption, None
