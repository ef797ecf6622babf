"""The screens of the README, made by the bot's own layouts: ``python -m support.discord_view.screens FOLDER``."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.discord_jobs import NOW, job, picture
from support.discord_view import html, svg

from daemon.service import Expected, JobError
from frontends.discord_bot.buttons import edit_modal
from frontends.discord_bot.layouts.done import Shown, done
from frontends.discord_bot.layouts.drawing import drawing
from frontends.discord_bot.layouts.ended import ended
from frontends.discord_bot.layouts.parameters import parameters
from frontends.discord_bot.layouts.waiting import waiting
from frontends.discord_bot.words import Catalogue
from pipeline.request import Defaults

PICTURES = Path(__file__).with_name("pictures")
JOB, PICTURE = "06h1n617zsrj826a", "06h1n62m8w3v5k7q"
PIXELS = "8d5a51bca0653a63a7f016be7341c1480918522108dbd62f42fad7d886069686"
ASKED: dict[str, Any] = {
    "prompt": "a fox in the snow",
    "count": 4,
    "width": 256,
    "height": 256,
    "steps": 18,
    "guidance_scale": 4.0,
    "seed": 7,
}
"""As the starter model drew the pictures beside this file."""


@dataclass(frozen=True)
class Screen:
    """A message as its components, or a form."""

    name: str
    components: list[dict[str, Any]] | None = None
    modal: Mapping[str, Any] | None = None

    def svg(self, pictures: Mapping[str, str]) -> str:
        if self.modal is not None:
            return svg.form(self.modal)
        return svg.message(self.components or [], pictures, NOW // 1000)

    def html(self, pictures: Mapping[str, str]) -> str:
        if self.modal is not None:
            return html.form(self.modal)
        return html.message(self.components or [], pictures, NOW // 1000)


def pictures() -> dict[str, str]:
    """Data URIs of pictures that the starter model drew, by the names of their files."""
    found = sorted(PICTURES.glob("*.jpg"))
    return {each.name: f"data:image/jpeg;base64,{base64.b64encode(each.read_bytes()).decode()}" for each in found}


def screens() -> Iterator[Screen]:
    """In the order in which somebody meets them."""
    words = Catalogue.read().words("en-US")
    queued = waiting(job("queued", id=JOB, request=ASKED), words, now_ms=NOW, expected=Expected(3, 100.0, 180.0))
    yield Screen("queued", queued.to_components())
    on_its_way = drawing(
        job("running", id=JOB, request=ASKED),
        words,
        now_ms=NOW,
        step=45,
        steps=72,
        ends_s=20.0,
        preview="attachment://preview.jpg",
    )
    yield Screen("drawing", on_its_way.to_components())
    drawn = [picture(index, id=PICTURE, pixels_sha256=PIXELS, width=256, height=256) for index in range(4)]
    finished = job(id=JOB, request=ASKED, pictures=tuple(drawn))
    files = [Shown(index, f"attachment://{index}.jpg") for index in range(4)]
    yield Screen("done", done(finished, words, files).to_components())
    yield Screen("parameters", parameters(finished, words, 2).to_components())
    yield Screen("edit", modal=_form(words, finished))
    refused = {**ASKED, "scheduler": "Flow Euler"}
    error = JobError("user", "Flow Euler is for flow-matching models, and this model is not one", hint="take DPM++ 2M")
    yield Screen("failed", ended(job("failed", id=JOB, request=refused, error=error), words).to_components())


def _form(words: Any, finished: Any) -> Mapping[str, Any]:
    starter = SimpleNamespace(
        name="starter", description="Small pictures of things", defaults=Defaults(width=256, height=256)
    )
    board = SimpleNamespace(models=[starter], chosen=lambda name=None: starter)
    press: Any = SimpleNamespace(words=words, index=2, desk=SimpleNamespace(board=board))
    return edit_modal.form(press, finished).to_dict()


def main(folder: Path) -> None:
    """Write all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for screen in screens():
        (folder / f"{screen.name}.svg").write_text(screen.svg(pictures()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
