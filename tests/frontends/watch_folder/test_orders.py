"""What files ask for, and how they may be written."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontends.watch_folder.orders import parse_structured, parse_table, parse_text
from frontends.watch_folder.orders.entry import Entry, UnreadableError


def text(content: bytes | str) -> list[Entry]:
    return list(parse_text.parse(io.BytesIO(content.encode() if isinstance(content, str) else content)))


def csv(content: str) -> list[Entry]:
    return list(parse_table.parse_csv(io.BytesIO(content.encode())))


def jsonl(content: str) -> list[Entry]:
    return list(parse_table.parse_jsonl(io.BytesIO(content.encode())))


def structured(content: str, ending: str) -> list[Entry]:
    return list(parse_structured.parse(io.BytesIO(content.encode()), ending))


def test_a_text_file_has_one_prompt_a_line_without_blanks_and_comments() -> None:
    assert text("one\n\n  # not this\n two, with # inside \n") == [
        Entry(1, {"prompt": "one"}),
        Entry(4, {"prompt": "two, with # inside"}),
    ]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfone\r\ntwo\r\n", b"one\rtwo", b"one\ntwo", b"one\r\n\r\ntwo"])
def test_byte_order_marks_and_all_line_ends_are_tolerated(content: bytes) -> None:
    assert [entry.fields["prompt"] for entry in text(content)] == ["one", "two"]


def test_a_line_that_is_not_utf8_spoils_only_itself() -> None:
    first, second = text(b"caf\xe9\nten\n")
    assert first.error == "the line is not UTF-8 text"
    assert second.fields == {"prompt": "ten"}


def test_an_endless_line_is_refused_without_being_read_into_memory() -> None:
    first, second = text("x" * 10_000_000 + "\nshort")
    assert "longer than 64 KiB" in (first.error or "")
    assert second == Entry(2, {"prompt": "short"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("red".encode("utf-16"), "UTF-16"),
        (b"\x89PNG\r\n\x1a\n", "a picture, not text"),
        (b"MZ\x00\x00\x00", "not text"),
    ],
)
def test_other_kinds_of_files_are_named_for_what_they_are(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        text(content)


def test_a_table_names_its_fields_in_the_first_row_and_knows_their_other_names() -> None:
    rows = csv("Prompt,Negative,CFG,Size,n,Sampler\na cat,dogs,7.5,128x64,2,Euler\n,,,,,\na dog,,,,,\n")
    assert rows == [
        Entry(
            2,
            {
                "prompt": "a cat",
                "negative_prompt": "dogs",
                "guidance_scale": "7.5",
                "width": 128,
                "height": 64,
                "count": "2",
                "scheduler": "Euler",
            },
        ),
        Entry(4, {"prompt": "a dog"}),
    ]


def test_a_table_may_use_semicolons_tabs_quotes_and_lines_inside_cells() -> None:
    assert csv('prompt;steps\n"a; b\nc";4\nd;5\n') == [
        Entry(2, {"prompt": "a; b\nc", "steps": "4"}),
        Entry(4, {"prompt": "d", "steps": "5"}),
    ]
    assert csv("prompt\tsteps\na\t4\n") == [Entry(2, {"prompt": "a", "steps": "4"})]
    assert csv("\ufeffprompt\r\na, b\r\n")[0].error == "the row has 2 cells, the first row names 1"


def test_a_table_whose_first_row_names_no_fields_is_refused_as_a_whole() -> None:
    with pytest.raises(UnreadableError, match="names no fields"):
        csv("a red apple\na green one\n")
    with pytest.raises(UnreadableError, match="guidance_scale is given twice"):
        csv("prompt,cfg,guidance\nx,1,2\n")


def test_json_lines_hold_objects_or_prompts_and_errors_stay_with_their_line() -> None:
    one, two, three, four = jsonl('{"prompt": "a", "cfg": 3}\n\n"b"\n{oops\n[1]\n')
    assert (one, two) == (Entry(1, {"prompt": "a", "guidance_scale": 3}), Entry(3, {"prompt": "b"}))
    assert three.line == 4
    assert "not valid JSON" in (three.error or "")
    assert "a set of fields or a prompt (got list)" in (four.error or "")
    assert "nested too deeply" in (jsonl("[" * 30_000)[0].error or "")


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".toml", 'prompt = "a"\nsteps = 4\n'),
        (".yaml", "prompt: a\nsteps: 4\n"),
        (".yml", "{prompt: a, steps: 4}"),
        (".json", '\ufeff{"prompt": "a", "steps": 4}'),
    ],
)
def test_a_structured_file_is_one_full_request(ending: str, content: str) -> None:
    assert structured(content, ending) == [Entry(1, {"prompt": "a", "steps": 4})]


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".toml", 'steps = 4\n[[jobs]]\nprompt = "a"\n[[jobs]]\nprompt = "b"\nsteps = 5\n'),
        (".yaml", "steps: 4\njobs:\n- a\n- {prompt: b, steps: 5}\n"),
        (".json", '[{"prompt": "a", "steps": 4}, {"prompt": "b", "steps": 5}]'),
    ],
)
def test_a_structured_file_may_hold_a_list_with_fields_for_all(ending: str, content: str) -> None:
    assert structured(content, ending) == [
        Entry(1, {"prompt": "a", "steps": 4}),
        Entry(2, {"prompt": "b", "steps": 5}),
    ]


@pytest.mark.parametrize(
    ("ending", "content", "said"),
    [
        (".toml", "prompt = \n", "not valid TOML.*line 1"),
        (".json", "{", "not valid JSON.*line 1, column 2"),
        (".yaml", "a: [\n", "not valid YAML.*line 2"),
        (".yaml", "a: &x [1]\nb: *x\n", "aliases"),
        (".yaml", "a: !!python/object/apply:os.system ['x']\n", "not valid YAML"),
        (".json", "[" * 100_000, "nested too deeply"),
        (".yaml", "x: " + "[" * 20_000 + "]" * 20_000, "nested too deeply"),
        (".yaml", "- " * 20_000 + "a", "nested too deeply"),
        (".yaml", "[" * 5_000, "nested|YAML"),
        (".json", '{"steps": ' + "9" * 5_000 + "}", "too long"),
        (".json", " " * 2_000_000, "larger than 1024 KiB"),
        (".toml", "jobs = 3", "jobs must be a list"),
    ],
)
def test_a_structured_file_that_can_not_be_read_says_where(ending: str, content: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        structured(content, ending)


ENDINGS = [".txt", ".csv", ".jsonl", ".json", ".toml", ".yaml"]
HOSTILE = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="[]{}\"',:;=#-*&!\\\n\r\t \ufeffpromptsize0129éx", max_size=200).map(lambda text: text.encode()),
)


@settings(max_examples=300, deadline=None)
@given(ending=st.sampled_from(ENDINGS), content=HOSTILE)
def test_no_bytes_break_the_readers(ending: str, content: bytes) -> None:
    """Result: jobs or reasons, in rising lines; or one reason for the file."""
    file = io.BytesIO(content)
    readers: dict[str, Any] = {
        ".txt": parse_text.parse,
        ".csv": parse_table.parse_csv,
        ".jsonl": parse_table.parse_jsonl,
    }
    try:
        read = readers.get(ending)
        entries = list(read(file) if read else parse_structured.parse(file, ending))
    except UnreadableError as error:
        error.message.encode()
        return
    assert [entry.line for entry in entries] == sorted({entry.line for entry in entries})
    for entry in entries:
        (entry.error or "").encode()
        assert all(isinstance(name, str) for name in entry.fields)


def test_halves_of_characters_are_refused_where_they_stand() -> None:
    for line in ('"\\ud800"', '{"\\ud800": 1}', '{"prompt": "a", "tags": ["\\udfff"]}', '{"model": "\\ud800"}'):
        [entry] = jsonl(line)
        assert entry.error == "there are characters in it that are no text"


async def test_a_full_request_is_drawn_as_it_says(world: Any) -> None:
    world.drop("a.toml", 'prompt = "a cat"\nseed = 7\nsize = "128x64"\ncount = 2\ncfg = 3.5\ndeterministic = true\n')
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    request = job.request
    assert (request.prompt, request.seed, request.width, request.height) == ("a cat", 7, 128, 64)
    assert (request.count, request.guidance_scale, request.deterministic) == (2, 3.5, True)
    assert world.results == ["a-0001.png", "a-0002.png"]


async def test_errors_are_told_line_by_line_and_the_good_lines_are_drawn(world: Any) -> None:
    world.drop("mixed.jsonl", '"one"\n{"prompt": "two", "steps": 0}\n{"prompt": "three", "flavour": 1}\n{bad\n"five"\n')
    await world.finish()
    assert world.service.prompts == ["one", "five"]
    assert world.results == ["mixed-0001.png", "mixed-0005.png"]
    assert world.failed == ["mixed.jsonl", "mixed.jsonl.error.txt"]
    said = world.error("mixed.jsonl")
    assert "2 of 5 jobs were drawn" in said
    assert "line 2: steps: " in said
    assert "line 3: flavour is not a field of a request" in said
    assert "line 4: not valid JSON" in said
    assert f"move mixed.jsonl back into {world.inbox}" in said


async def test_an_order_can_not_name_files_or_addresses(world: Any) -> None:
    """Result: refused with the way that works; nothing is opened."""
    secret = world.state_dir / "secret.png"
    secret.write_bytes(b"x")
    rows = [f'{{"prompt": "a", "image": "{name}"}}' for name in (secret, "../secret.png", "http://x/y.png", "b.png")]
    world.drop("a.jsonl", "\n".join(rows))
    await world.finish()
    assert world.service.prompts == []
    assert world.error("a.jsonl").count("image can't name a file or an address") == 4
    assert "put the picture beside this file under the same name" in world.error("a.jsonl")


async def test_a_file_of_an_unknown_kind_is_refused_with_the_known_ones(world: Any) -> None:
    world.drop("a.pdf", b"%PDF-1.7")
    world.drop("noending", "x")
    await world.finish()
    assert "files that end in .pdf are not read here" in world.error("a.pdf")
    assert ".txt" in world.error("a.pdf")
    assert "files without an ending" in world.error("noending")


async def test_a_file_that_asks_for_nothing_says_so(world: Any) -> None:
    world.drop("a.txt", "# only a comment\n\n")
    await world.finish()
    assert "the file asks for nothing" in world.error("a.txt")


async def test_too_many_lines_and_too_many_bytes_are_refused_as_a_whole(make_world: Any) -> None:
    world = make_world(max_lines=3, max_file_bytes=100)
    world.drop("long.txt", "a\nb\nc\nd\n")
    world.drop("large.txt", "x" * 101)
    await world.finish()
    assert "more than 3 jobs" in world.error("long.txt")
    assert "larger than 100 bytes" in world.error("large.txt")
    assert world.service.prompts == []


async def test_the_record_beside_a_result_draws_it_again(world: Any) -> None:
    world.drop("a.toml", 'prompt = "a cat"\nseed = 7\n')
    await world.finish()
    record = (world.places.outbox / "a.png.json").read_text()
    assert json.loads(record)["request"]["seed"] == 7
    world.drop("again.json", record)
    await world.finish()
    first, second = world.service.jobs_by_id.values()
    assert first.request == second.request
