"""Picture files that somebody made to do harm, built here: no such file lies in the repository."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.pictures import picture
from support.png import SIGNATURE, chunk, international_text, packed_text, png

MANY = 10_000


def header(width: int, height: int, depth: int = 8, kind: int = 2, interlaced: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))


def _png(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


def _bomb(megabytes: int) -> bytes:
    """So many megabytes of zeros, packed."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def _many_frames_png() -> bytes:
    frame = zlib.compress(bytes(4))
    parts = [header(1, 1), chunk(b"acTL", struct.pack(">II", MANY, 0))]
    control = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 100, 0, 0)
    parts += [chunk(b"fcTL", control), chunk(b"IDAT", frame)]
    for number in range(1, MANY):
        parts.append(chunk(b"fcTL", struct.pack(">I", 2 * number - 1) + control[4:]))
        parts.append(chunk(b"fdAT", struct.pack(">I", 2 * number) + frame))
    return _png(*parts)


def _many_frames_webp() -> bytes:
    inner = picture(1, 1, form="WEBP")[12:]
    frame = struct.pack("<I", 0)[:3] * 2 + bytes(6) + b"\1\0\0\0" + inner
    parts = b"VP8X" + struct.pack("<I", 10) + b"\x02" + bytes(9) + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    parts += (b"ANMF" + struct.pack("<I", len(frame)) + frame + b"\0" * (len(frame) % 2)) * MANY
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def _gif(frames: int) -> bytes:
    one = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + one * frames + b"\x3b"


def _photograph(width: int = 64, height: int = 48, **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "JPEG", **options)
    return out.getvalue()


def _scan_bomb(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: each takes a pass over all pixels."""
    plain = _photograph(side, side, progressive=True, quality=5)
    last = plain.rindex(b"\xff\xda")
    return plain[:last] + plain[last:-2] * scans + b"\xff\xd9"


def _with_size(jpeg: bytes, width: int, height: int) -> bytes:
    at = next(jpeg.index(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in jpeg)
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def _exif(size: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "x" * size
    return picture(form="JPEG", exif=exif)


def _text_png(keyword: str, text: str) -> bytes:
    info = PngInfo()
    info.add_text(keyword, text)
    return picture(pnginfo=info)


def _profile(data: bytes) -> bytes:
    return chunk(b"iCCP", b"x\0\0" + data)


def _nested(depth: int) -> str:
    return '{"a":' + "[" * depth + "]" * depth + "}"


def _rgb(width: int, height: int) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes((width * 3 + 1) * height)))


def _corpus() -> dict[str, Callable[[], bytes]]:
    good, photo, webp = picture(), _photograph(), picture(form="WEBP")
    noise = random.Random(1).randbytes
    made: dict[str, Callable[[], bytes]] = {
        "empty": lambda: b"",
        "one byte": lambda: b"\x89",
        "zeros": lambda: bytes(1 << 20),
        "more zeros than are taken": lambda: bytes(33 << 20),
        "noise": lambda: noise(100_000),
        "noise behind the signature": lambda: SIGNATURE + noise(100_000),
        "only the signature": lambda: SIGNATURE,
        "only the start of a jpeg": lambda: b"\xff\xd8\xff",
        "only the start of a webp": lambda: b"RIFF\xff\xff\xff\xffWEBP",
        "gif": lambda: _gif(1),
        "gif of ten thousand frames": lambda: _gif(MANY),
        "png of ten thousand frames": _many_frames_png,
        "webp of ten thousand frames": _many_frames_webp,
        "fits": lambda: b"SIMPLE  =                    T".ljust(2880),
        "psd": lambda: b"8BPS\0\1" + bytes(200),
        "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "svg with an outside entity": lambda: b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
        "tiff": lambda: picture(form="TIFF"),
        "ico": lambda: picture(form="ICO"),
        "bmp": lambda: picture(form="BMP"),
        "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        "avif": lambda: b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(100),
        "jpeg 2000": lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
        "pdf": lambda: b"%PDF-1.7\n%%EOF",
        "elf": lambda: b"\x7fELF" + bytes(200),
        "cmyk": lambda: picture(mode="CMYK", form="JPEG"),
        "sixteen bits": lambda: picture(mode="I;16", color=9999),
        "palette": lambda: picture(mode="P", transparency=0),
        "one bit, 12000 by 12000": lambda: picture(12_000, 12_000, mode="1"),
        "as large as is taken": lambda: _png(header(6000, 6000), chunk(b"IDAT", _bomb(103))),
        "as large as is taken, see-through": lambda: _png(header(6000, 6000, kind=6), chunk(b"IDAT", _bomb(138))),
        "as large as is taken, interlaced": lambda: _png(header(6000, 6000, interlaced=1), chunk(b"IDAT", _bomb(104))),
        "unpacks to a gigabyte": lambda: _png(header(2, 2), chunk(b"IDAT", _bomb(1000))),
        "text bomb, zTXt": lambda: png(packed_text("parameters", bytes(64 << 20))),
        "text bombs, many": lambda: png(*(packed_text(f"k{n}", bytes(2 << 20)) for n in range(100))),
        "text bomb, iTXt": lambda: png(international_text("mezzotint", "0" * (16 << 20), packed=True)),
        "profile bomb": lambda: _png(header(1, 1), _profile(_bomb(64)), _rgb(1, 1)),
        "profile of noise": lambda: _png(header(1, 1), _profile(zlib.compress(noise(5000))), _rgb(1, 1)),
        "a graph nested deeply": lambda: _text_png("prompt", _nested(100_000)),
        "parameters without end": lambda: _text_png("parameters", "a\n" + "Steps: 1, " * 20_000),
        "a record of lies": lambda: _text_png("mezzotint", '{"format": 1, "seed": -1, "facts": {"x": NaN}}'),
        "large exif": lambda: _exif(60_000),
        "exif that says lie on the side": lambda: _exif(10),
        "exif of noise": lambda: picture(form="JPEG", exif=b"Exif\0\0II*\0" + noise(3000)),
        "no width": lambda: _png(header(0, 5), _rgb(0, 5)),
        "no size": lambda: _png(header(0, 0), _rgb(0, 0)),
        "two thousand million wide": lambda: _png(header(2**31 - 1, 1), _rgb(1, 1)),
        "two thousand million both ways": lambda: _png(header(2**31 - 1, 2**31 - 1), _rgb(1, 1)),
        "four thousand million wide": lambda: _png(header(2**32 - 1, 1), _rgb(1, 1)),
        "larger than its data": lambda: _png(header(3000, 3000), _rgb(3, 3)),
        "smaller than its data": lambda: _png(header(3, 3), _rgb(3000, 3000)),
        "a depth that does not exist": lambda: _png(header(3, 3, depth=7), _rgb(3, 3)),
        "two headers": lambda: _png(header(3, 3), header(9000, 9000), _rgb(3, 3)),
        "thousands of chunks": lambda: _png(header(3, 3), *[chunk(b"tIME", bytes(7))] * 50_000, _rgb(3, 3)),
        "thousands of empty data": lambda: _png(header(3, 3), *[chunk(b"IDAT", b"")] * 50_000, _rgb(3, 3)),
        "wrong checksum": lambda: good[:29] + b"\0\0\0\0" + good[33:],
        "a chunk as long as all memory": lambda: SIGNATURE + header(3, 3) + b"\xff\xff\xff\xffIDAT",
        "archive behind it": lambda: good + b"PK\x03\x04" + noise(500),
        "web page behind it": lambda: good + b"<html><script>alert(1)</script>",
        "web page in it": lambda: _text_png("Comment", "<script>alert(1)</script>"),
        "script in a jpeg": lambda: photo[:2] + b"\xff\xfe\x00\x10=1;alert(1)//\0" + photo[2:],
        "jpeg of 65535 by 65535": lambda: _with_size(photo, 65_535, 65_535),
        "jpeg larger than its data": lambda: _with_size(photo, 6000, 6000),
        "jpeg of no size": lambda: _with_size(photo, 0, 0),
        "jpeg of many scans": lambda: _scan_bomb(1500, 300),
        "jpeg of as many scans as are taken": lambda: _scan_bomb(1000, 80),
        "jpeg of restart marks without end": lambda: photo[:-2] + b"\xff\xd0" * 500_000,
        "jpeg of fill bytes without end": lambda: photo[:2] + b"\xff" * 1_000_000,
        "jpeg of comments without end": lambda: photo[:2] + (b"\xff\xfe\x00\x02") * 200_000 + photo[2:],
        "jpeg within a jpeg": lambda: photo[:300] + photo + photo[300:],
        "webp that claims a huge canvas": lambda: (
            b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff" * 6
        ),
        "webp of noise": lambda: webp[:20] + noise(3000),
    }
    for form, data in (("png", good), ("jpeg", photo), ("webp", webp)):
        for share in (0.2, 0.5, 0.9):
            made[f"{form} cut at {share:g}"] = lambda data=data, share=share: data[: int(len(data) * share)]  # type: ignore[misc]
    return made


CORPUS = _corpus()
"""Name to builder; each takes some milliseconds to build, the largest a second."""


def mutated(data: bytes, seed: int) -> bytes:
    """One to twenty bytes changed, a piece cut out, or a piece doubled."""
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    if chance.random() < 0.3:
        start = chance.randrange(len(out))
        del out[start : start + chance.randint(1, 50)]
    elif chance.random() < 0.3:
        start = chance.randrange(len(out))
        out[start:start] = out[start : start + chance.randint(1, 200)]
    return bytes(out)
