"""From a word or two about a picture to the prompt that draws it anew: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.request import MAX_PROMPT_CHARACTERS

_NUMBERED = re.compile(r"#(\d{1,2})(?!\d)[\s:,]*")


@dataclass(frozen=True, slots=True)
class Refinement:
    """What is to be different about which picture of a job (from 0)."""

    index: int
    words: str

    def merged(self, prompt: str) -> str:
        """The prompt with what is to be different. Where both are too long for one the newer words stay."""
        if not self.words or self.words.casefold() in prompt.casefold():
            return prompt
        room = MAX_PROMPT_CHARACTERS - len(self.words) - 2
        return f"{prompt[:room].rstrip(' ,')}, {self.words}" if room > 0 else self.words[:MAX_PROMPT_CHARACTERS]


def refinement(said: str) -> Refinement:
    """``#2 at night`` is about the second picture, anything else about the first."""
    found = _NUMBERED.match(said)
    if found is None:
        return Refinement(0, said)
    return Refinement(max(0, int(found[1]) - 1), said[found.end() :].strip())
