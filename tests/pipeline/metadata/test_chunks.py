from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.png import SIGNATURE, chunk, international_text, packed_text, plain_text, png
from support.requests import record

from config.errors import UserError
from pipeline.metadata.chunks import MAX_TEXT_BYTES, MAX_TEXTS, MAX_TOTAL_BYTES, read_texts
from pipeline.records import encode_png, read_png


def test_the_three_kinds_of_text_are_read() -> None:
    data = png(
        plain_text("a", "plain é"),
        packed_text("b", b"packed \xe9"),
        international_text("c", "日本"),
        international_text("d", "日本", packed=True),
    )
    assert read_texts(data) == {"a": "plain é", "b": "packed é", "c": "日本", "d": "日本"}


def test_texts_after_the_pixels_are_read_too() -> None:
    data = png()
    assert read_texts(data[:-12] + plain_text("a", "late") + data[-12:]) == {"a": "late"}


def test_of_two_texts_with_one_keyword_the_first_counts() -> None:
    assert read_texts(png(plain_text("a", "one"), plain_text("a", "two"))) == {"a": "one"}


def test_a_text_with_a_wrong_checksum_is_left_out() -> None:
    broken = bytearray(plain_text("a", "text"))
    broken[-6] ^= 1
    assert read_texts(png(bytes(broken), plain_text("b", "whole"))) == {"b": "whole"}


@pytest.mark.parametrize("make", [packed_text, lambda k, t: international_text(k, t.decode(), packed=True)])
def test_a_text_that_unpacks_to_a_gigabyte_is_left_out_without_being_held(make: object) -> None:
    bomb = make("parameters", b"a" * (200 << 20))  # type: ignore[operator]
    assert len(bomb) < MAX_TEXT_BYTES
    data = png(bomb, plain_text("b", "whole"))
    tracemalloc.start()
    found = read_texts(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == {"b": "whole"}
    assert peak < 4 * MAX_TEXT_BYTES


def test_many_texts_are_bounded_in_number_and_together() -> None:
    assert len(read_texts(png(*(plain_text(str(n), "x") for n in range(1_000))))) == MAX_TEXTS
    repeated = packed_text("a", b"x" * MAX_TEXT_BYTES) * (MAX_TEXTS + 1)
    assert "late" not in read_texts(png(repeated, plain_text("late", "x")))  # each had to be unpacked to be known
    large = png(*(packed_text(str(n), b"x" * MAX_TEXT_BYTES) for n in range(10)))
    assert sum(map(len, read_texts(large).values())) <= MAX_TOTAL_BYTES


@pytest.mark.parametrize(
    "broken",
    [
        chunk(b"tEXt", b"no separator"),
        chunk(b"tEXt", b"\0no keyword"),
        chunk(b"tEXt", b"k" * 80 + b"\0too long a keyword"),
        chunk(b"zTXt", b"k\0\1unknown method"),
        chunk(b"zTXt", b"k\0\0not packed"),
        chunk(b"zTXt", b"k"),
        chunk(b"iTXt", b"k\0"),
        chunk(b"iTXt", b"k\0\0\0only one\0"),
        chunk(b"iTXt", b"k\0\2\0\0\0x"),
        chunk(b"iTXt", b"k\0\0\0\0\0\xff\xfe"),
        chunk(b"iTXt", b"k\0\1\0\0\0not packed"),
    ],
)
def test_a_broken_text_is_left_out_and_the_next_one_read(broken: bytes) -> None:
    assert read_texts(png(broken, plain_text("b", "whole"))) == {"b": "whole"}


def test_a_chunk_that_claims_to_be_longer_than_the_file_ends_the_reading() -> None:
    assert read_texts(png(plain_text("a", "x"))[:-12] + b"\xff\xff\xff\xfftEXtk\0v") == {"a": "x"}


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"GIF89a", b"\xff\xd8\xff"])
def test_bytes_that_are_no_png_are_a_user_error(data: bytes) -> None:
    with pytest.raises(UserError):
        read_png(data)


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_signature_give_an_answer(data: bytes) -> None:
    read_png(SIGNATURE + data)


@given(
    st.sampled_from(["parameters", "prompt", "mezzotint", "invokeai_metadata", "sui_image_params"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
)
def test_any_text_under_a_known_keyword_gives_an_answer(keyword: str, text: str) -> None:
    read_png(png(international_text(keyword, text)))


def test_ten_thousand_damaged_files_of_ours_give_an_answer() -> None:
    chance = random.Random(7)
    whole = encode_png(bytes(8 * 8 * 3), 8, 8, record())
    for _ in range(10_000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        read_png(bytes(data[: chance.randint(8, len(data))]))
