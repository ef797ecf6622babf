"""Three made-up subjects, drawn here, and a workshop of tiny networks that learns them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw

from pipeline import starter
from pipeline.starter.training import architecture, workshop

SHAPES = {"ball": (220, 30, 30), "box": (30, 60, 220), "kite": (240, 210, 40)}
"""Names, and the colours by which the tests know them."""
SIDE = 160


def drawn(name: str) -> bytes:
    """A shape as WebP, with nothing around it."""
    picture = Image.new("RGBA", (SIDE, SIDE))
    pen = ImageDraw.Draw(picture)
    if name == "ball":
        pen.ellipse((4, 4, 155, 155), fill=SHAPES[name])
    elif name == "box":
        pen.rectangle((12, 12, 147, 147), fill=SHAPES[name])
    else:
        pen.polygon([(80, 2), (157, 80), (80, 157), (2, 80)], fill=SHAPES[name])
    written = io.BytesIO()
    picture.save(written, "WEBP", lossless=True)
    return written.getvalue()


QUIET = "ignore:.*__array__ implementation:DeprecationWarning"
"""Of a scheduler of diffusers with this numpy."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only of this folder: the hook sees every test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(QUIET))


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """Tiny networks gain nothing by more, and beside other tests many threads mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    records = [
        {"label": name, "tags": ["toy"], "group": 5, "pictures": {"3d": number}} for number, name in enumerate(SHAPES)
    ]
    (folder / "subjects.json").write_text(json.dumps(records))
    with zipfile.ZipFile(folder / "pics.zip", "w") as archive:
        for number, name in enumerate(SHAPES):
            archive.writestr(f"{number}.webp", drawn(name))
    return folder


@pytest.fixture(scope="session")
def shop(data: Path) -> workshop.Workshop:
    """On the CPU, in one process."""
    return workshop.opened(workshop.Options(data, starter.folder(), torch.device("cpu"), architecture.TINY))
