from __future__ import annotations

import asyncio
import io
import os
import struct
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.pictures import opened, picture
from support.png import SIGNATURE, chunk, packed_text, png

from config.errors import RetryableError, UserError
from pipeline import images
from pipeline.images import ImageLimits, child, take_in, take_in_async

SMALL = ImageLimits(max_bytes=1_000_000, max_pixels=1_000_000)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_comes_back_as_rgb_png(form: str) -> None:
    taken = take_in(picture(color=(200, 30, 30), form=form))
    image = opened(taken.png)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (64, 48))
    assert (taken.width, taken.height, taken.format, taken.animated) == (64, 48, form, False)
    red, green, blue = image.tobytes()[:3]
    assert red > 190
    assert max(green, blue) < 45


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 255), (255, 0, 0)),
        ("LA", (0, 0), (255, 255, 255)),
        ("L", 128, (128, 128, 128)),
        ("1", 1, (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
        ("I;16", 0x8000, (128, 128, 128)),
    ],
)
def test_every_mode_becomes_rgb_and_see_through_becomes_white(
    mode: str, color: object, expected: tuple[int, int, int]
) -> None:
    assert opened(take_in(picture(mode=mode, color=color)).png).getpixel((1, 1)) == expected


def test_a_palette_with_a_see_through_colour_becomes_white_there() -> None:
    assert opened(take_in(picture(mode="P", color=0, transparency=0)).png).getpixel((1, 1)) == (255, 255, 255)


def test_cmyk_jpeg_is_decoded() -> None:
    assert opened(take_in(picture(mode="CMYK", color=(0, 0, 0, 0), form="JPEG")).png).mode == "RGB"


def test_a_photograph_that_lies_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    taken = take_in(picture(64, 48, form="JPEG", exif=exif))
    assert (taken.width, taken.height) == (48, 64)
    assert opened(taken.png).size == (48, 64)


def test_no_metadata_goes_on_but_the_texts_are_told_apart() -> None:
    texts = PngInfo()
    texts.add_text("parameters", "a red apple\nSteps: 5, Seed: 1, Size: 64x64")
    exif = Image.Exif()
    exif[0x010E] = "home address"
    taken = take_in(picture(pnginfo=texts, exif=exif, icc_profile=b"profile", dpi=(72, 72)))
    assert taken.text["parameters"].startswith("a red apple")
    assert opened(taken.png).info == {}
    assert b"home address" not in taken.png


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "green", "blue")]
    for form in ("WEBP", "PNG"):
        out = io.BytesIO()
        frames[0].save(out, form, save_all=True, append_images=frames[1:], lossless=True)
        taken = take_in(out.getvalue())
        assert taken.animated
        assert opened(taken.png).getpixel((8, 8)) == (255, 0, 0)


def test_the_same_bytes_give_the_same_picture() -> None:
    data = picture(color=(1, 2, 3), form="JPEG")
    assert take_in(data).png == take_in(data).png


async def test_the_loop_goes_on_while_a_picture_is_decoded() -> None:
    data = picture(color=(1, 2, 3))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    taken = await take_in_async(data)
    ticking.cancel()
    assert taken.width == 64
    assert ticks > 3


REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"hello world", "not a PNG"),
    "gif": (b"GIF89a" + bytes(100), "not a PNG"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG"),
    "psd": (b"8BPS" + bytes(100), "not a PNG"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a PNG"),
    "fits": (b"SIMPLE  =                    T", "not a PNG"),
    "tiff": (b"II*\0" + bytes(100), "not a PNG"),
    "bmp inside the start of a PNG": (SIGNATURE + b"BM" + bytes(100), ""),
    "only the signature": (SIGNATURE, ""),
    "cut off": (picture(400, 400, color=(9, 9, 9), form="JPEG")[:400], "cut off"),
    "png cut off": (picture(400, 400, color=(9, 9, 9))[:70], "cut off"),
    "webp cut off": (picture(400, 400, color=(9, 9, 9), form="WEBP")[:60], ""),
    "wrong checksum": (picture()[:20] + b"\xff" + picture()[21:], ""),
    "too many pixels": (picture(12_000, 12_000, mode="1"), "12000x12000"),
    "a header that lies": (png(width=900, height=900), ""),
    "no pixels": (png(width=0, height=0), ""),
    "two thousand million pixels": (png(width=2**31 - 1, height=1), "pixels"),
    "jpeg of nothing": (b"\xff\xd8\xff\xd9", ""),
    "riff of nothing": (b"RIFF\xff\xff\xff\xffWEBP", ""),
    "vp8x that claims a huge canvas": (
        b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + b"\xff" * 6,
        "",
    ),
    "data that unpacks to a gigabyte": (
        SIGNATURE
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\x09" * (64 << 20)))
        + chunk(b"IEND", b""),
        "",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_and_broken_files_are_refused_in_plain_words(name: str) -> None:
    data, words = REFUSED[name]
    start = time.monotonic()
    with pytest.raises(UserError) as refused:
        take_in(data, SMALL)
    assert refused.value.field == "image"
    assert words in refused.value.message
    assert refused.value.message.isprintable()
    assert time.monotonic() - start < 10


def test_texts_that_unpack_to_much_do_no_harm() -> None:
    data = png(packed_text("parameters", bytes(64 << 20)), packed_text("x", b"y"))
    taken_or_refused: object
    try:
        taken_or_refused = take_in(data, SMALL).text
    except UserError as error:
        taken_or_refused = error.field
    assert taken_or_refused in ({"x": "y"}, "image")


def test_a_file_over_the_byte_cap_never_reaches_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "decode", lambda *_: pytest.fail("a process was started"))
    with pytest.raises(UserError, match="at most 1000 are taken"):
        take_in(picture(form="PNG") + bytes(1_000), ImageLimits(max_bytes=1_000))


def _decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    script = tmp_path / "decoder.py"
    script.write_text(code, encoding="utf-8")
    monkeypatch.setattr(child, "SCRIPT", script)


def test_a_decoder_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "pid"
    _decoder(
        tmp_path, monkeypatch, f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    with pytest.raises(UserError, match="too long"):
        take_in(picture(), ImageLimits(wall_seconds=2))
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_a_picture_whose_decoder_was_ended_while_it_wrote_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = b'{"ok": true, "width": 64, "height": 48}'
    answer = struct.pack(">I", len(header)) + header + picture(form="PNG")
    for end in (-1, -20, len(header) + 4 + len(SIGNATURE)):
        _decoder(tmp_path, monkeypatch, f"import sys; sys.stdout.buffer.write({answer[:end]!r})")
        with pytest.raises(UserError, match="can't be decoded"):
            take_in(picture())


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",
        "import sys; sys.exit(3)",
        "import sys; sys.stdout.buffer.write(b'x')",
        "import sys; sys.stdout.buffer.write(b'\\xff\\xff\\xff\\xff' + b'x' * 100)",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2{}')",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2[]')",
        "import sys, json; h = json.dumps({'ok': True, 'width': 9, 'height': 9}).encode()\n"
        "sys.stdout.buffer.write(len(h).to_bytes(4, 'big') + h + b'not a png at all, whatever it says')",
        "import sys, json; h = json.dumps({'ok': True, 'width': 10**6, 'height': 10**6}).encode()\n"
        "sys.stdout.buffer.write(len(h).to_bytes(4, 'big') + h)",
        "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))",
        "import sys, json; h = json.dumps({'ok': False, 'why': '\\x1b[2J\\n', 'hint': 'a\\nb'}).encode()\n"
        "sys.stdout.buffer.write(len(h).to_bytes(4, 'big') + h)",
    ],
)
def test_a_decoder_that_was_taken_over_can_only_spoil_its_own_picture(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _decoder(tmp_path, monkeypatch, code)
    with pytest.raises(UserError) as refused:
        take_in(picture(), SMALL)
    assert refused.value.field == "image"
    assert refused.value.message.isprintable()
    assert (refused.value.hint or "").isprintable()


def test_when_no_process_can_be_started_it_may_work_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(RetryableError):
        take_in(picture())


def test_the_decoder_is_confined_before_it_sees_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can write no file, and memory beyond its share is refused to it."""
    real = child.SCRIPT.read_text(encoding="utf-8")
    probe = (
        "def decode(source, max_pixels):\n"
        "    try:\n"
        "        import os\n"
        "        os.write(os.open('" + str(tmp_path / "written") + "', os.O_CREAT | os.O_WRONLY), b'x')\n"
        "    except OSError as error:\n"
        "        files = 'refused'\n"
        "    else:\n"
        "        files = 'written'\n"
        "    try:\n"
        "        bytearray(2 << 30)\n"
        "    except MemoryError:\n"
        "        memory = 'refused'\n"
        "    else:\n"
        "        memory = 'given'\n"
        "    raise RefusedError(f'files {files}, memory {memory}')\n"
        "if __name__"
    )
    _decoder(tmp_path, monkeypatch, real.replace("if __name__", probe, 1))
    with pytest.raises(UserError, match="files refused, memory refused"):
        take_in(picture(), SMALL)


def test_hostile_modules_in_the_working_directory_are_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    for name in ("PIL", "json", "config", "resource"):
        (tmp_path / f"{name}.py").write_text(f"open({str(canary)!r}, 'w').write('x')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert take_in(picture()).width == 64
    assert not canary.exists()


def test_the_door_is_one_module() -> None:
    assert images.take_in is take_in
