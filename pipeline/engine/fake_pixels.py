"""Pictures of the fake engine: an 8 x 8 board of colours that prompt, seed and all other drawing fields decide."""

from __future__ import annotations

import hashlib
import io

import msgspec

from pipeline.messages import Draw, Task

BOARD = 8


def draw_pixels(draw: Draw, seed: int) -> bytes:
    """RGB, 8 bits, row by row, in the size of the task; the same for the same task and seed, whatever else is drawn."""
    task = draw.task
    pixels = _board(task, seed)
    if draw.image_png is None:
        return pixels
    return _over(draw.image_png, pixels, task)


def preview_png(draw: Draw, step: int) -> bytes:
    """A thumb of the picture on its way."""
    from PIL import Image  # not at import: the process is up before its first preview

    picture = Image.frombytes(
        "RGB", (BOARD, BOARD), hashlib.shake_256(f"{draw.job} {step}".encode()).digest(BOARD * BOARD * 3)
    )
    return _png(picture.resize((4 * BOARD, 4 * BOARD), Image.Resampling.NEAREST))


def _board(task: Task, seed: int) -> bytes:
    decides = msgspec.structs.replace(task, seed=seed, count=1, deterministic=False)
    colours = hashlib.shake_256(msgspec.msgpack.encode(decides)).digest(BOARD * BOARD * 3)
    field_width, field_height = task.width // BOARD, task.height // BOARD
    rows = []
    for row in range(BOARD):
        fields = (colours[3 * (BOARD * row + column) :][:3] for column in range(BOARD))
        rows.append(b"".join(colour * field_width for colour in fields) * field_height)
    return b"".join(rows)


def _over(image_png: bytes, pixels: bytes, task: Task) -> bytes:
    """The input with the new picture laid over it by the denoising strength."""
    from PIL import Image

    size = (task.width, task.height)
    with Image.open(io.BytesIO(image_png)) as found:
        below = found.convert("RGB").resize(size)
    strength = 1.0 if task.denoising_strength is None else task.denoising_strength
    return Image.blend(below, Image.frombytes("RGB", size, pixels), strength).tobytes()


def _png(picture: object) -> bytes:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
