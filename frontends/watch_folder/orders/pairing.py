"""Which files belong together: a picture and the file of the same name that says what to make of it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from frontends.watch_folder.looking.scan import Seen
from frontends.watch_folder.orders import kinds


@dataclass(frozen=True)
class Drop:
    """What was dropped as one: an order file, or a picture with its sidecars (more than one is a mistake)."""

    main: Seen
    sidecars: tuple[str, ...] = ()


def sidecars_of(image: str, beside: Iterable[str]) -> tuple[str, ...]:
    """The sidecars of a picture among the names beside it: ``cat.txt`` or ``cat.png.txt`` for ``cat.png``."""
    stems = {os.path.splitext(image)[0], image}
    return tuple(
        sorted(name for name in beside if kinds.ending(name) in kinds.SIDECARS and os.path.splitext(name)[0] in stems)
    )


def partners(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The sidecars of each picture among names in one directory; what several might have belongs to the first."""
    everything, taken = sorted(names), set[str]()
    found: dict[str, tuple[str, ...]] = {}
    for image in filter(kinds.is_image, everything):
        found[image] = tuple(name for name in sidecars_of(image, everything) if name not in taken)
        taken.update(found[image])
    return found


def drops(
    files: Iterable[Seen],
    stable: Callable[[Seen], bool],
    waited: Callable[[Seen], bool],
    orphans: str = "draw",
    met: Callable[[Seen], None] = lambda _: None,
) -> list[Drop]:
    """What may be taken now, oldest first.

    A picture waits for its sidecar until it has ``waited``, or for ever where ``orphans`` shall ``wait``; a sidecar
    whose picture is there (finished or not) waits for the picture. An order file that has no picture is an order by
    itself as soon as it is stable: whoever drops both one after the other drops the picture first, or both at once.
    ``met`` is told of each picture that has its sidecar: should that go, then because another daemon takes both.
    """
    found: list[Drop] = []
    for beside in _by_stem(files):
        pairs = partners(beside)
        paired = {name for sidecars in pairs.values() for name in sidecars}
        for image, sidecars in ((beside[name], sidecars) for name, sidecars in pairs.items()):
            if sidecars:
                met(image)
            alone = not sidecars and orphans != "wait" and waited(image)
            if stable(image) and (alone or (sidecars and all(stable(beside[name]) for name in sidecars))):
                found.append(Drop(image, sidecars))
        found += [
            Drop(seen)
            for seen in beside.values()
            if not kinds.is_image(seen.name) and seen.name not in paired and stable(seen)
        ]
    return sorted(found, key=lambda drop: (drop.main.mtime_ns, drop.main.name))


def _by_stem(files: Iterable[Seen]) -> Iterable[dict[str, Seen]]:
    groups: defaultdict[str, dict[str, Seen]] = defaultdict(dict)
    for seen in sorted(files, key=lambda seen: seen.name):
        groups[kinds.together(seen.name)][seen.name] = seen
    return groups.values()
