"""What people call a subject whose label says more."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PLAIN_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "dog face": "dog",
        "cat face": "cat",
        "tiger face": "tiger",
        "spouting whale": "whale",
        "tropical fish": "fish",
        "honeybee": "bee",
        "lady beetle": "ladybug",
        "rabbit face": "rabbit",
        "pig face": "pig",
        "dragon face": "dragon",
        "red apple": "apple",
        "pizza": "slice of pizza",
        "soft ice cream": "ice cream",
        "hot beverage": "cup of coffee",
        "automobile": "car",
        "deciduous tree": "tree",
        "evergreen tree": "pine tree",
        "full moon face": "moon",
        "wrapped gift": "gift",
        "gem stone": "diamond",
        "books": "stack of books",
        "alarm clock": "clock",
        "jack-o-lantern": "pumpkin",
        "snowman without snow": "snowman",
        "flying saucer": "ufo",
        "grinning face": "smiley",
    }
)
