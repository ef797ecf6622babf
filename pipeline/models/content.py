"""Each file of a model folder by its content: only weights in safetensors and plain text, nothing that can run."""

from __future__ import annotations

import json
import os
import re
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

from pipeline.models import safetensors_header
from pipeline.models.findings import Finding

MAX_TEXT_BYTES = 64 * 1024 * 1024
"""Of a JSON or text file; the largest real tokenizers reach 35 MB."""
MAX_CONFIGURATION_BYTES = 8 * 1024 * 1024
"""Of a JSON file that is no vocabulary and no index of weights; real ones stay under a few hundred kilobytes."""
VOCABULARIES = ("vocab.json", "added_tokens.json", "tokenizer.json")
TEXT_ENDINGS = frozenset({".txt", ".md", ".jinja"})
TEXT_NAMES = frozenset({"license", "licence", "notice", ".gitattributes", ".gitignore"})
PICTURE_STARTS = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff", ".webp": b"RIFF"}
PICKLED = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle", ".npy", ".npz", ".joblib", ".h5", ".msgpack"})
PROGRAM_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x7fELF", b"MZ", b"#!")
"""Pickles, zip archives (torch's pickles too), programs and scripts."""
CODE_KEYS = frozenset({"auto_map", "custom_pipeline", "custom_pipelines", "trust_remote_code"})
WEIGHT_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.safetensors")


def check(file: Path, root: Path) -> list[Finding]:
    """Everything that is wrong with one file."""
    name = str(file.relative_to(root))
    try:
        return [Finding(name, problem) for problem in _problems(file)]
    except OSError as error:
        return [Finding(name, f"can't be read: {error.strerror or error}")]
    except ValueError as error:  # became something else since the folder was looked through
        return [Finding(name, str(error))]


def _problems(file: Path) -> list[str]:
    ending = file.suffix.lower()
    if ending in PICKLED:
        return ["may hold code that runs when it is loaded; only .safetensors weights are taken"]
    if ending == ".safetensors":
        return _weights(file)
    with opened(file) as readable:
        start = readable.read(16)
    if start.startswith(PROGRAM_STARTS):
        return ["holds a pickle, an archive or a program"]
    if ending == ".json":
        return _json(file)
    if ending in TEXT_ENDINGS or file.name.lower() in TEXT_NAMES:
        return _text(file)
    if ending == ".model":  # a sentencepiece vocabulary: protocol buffers, read by its own parser
        return [] if file.stat().st_size <= MAX_TEXT_BYTES else ["is too long for a vocabulary"]
    if ending in PICTURE_STARTS:
        if file.stat().st_size > MAX_TEXT_BYTES:
            return ["is too long for a picture"]
        return [] if start.startswith(PICTURE_STARTS[ending]) else ["is not the picture its name says"]
    if ending in (".py", ".pyc", ".so", ".dll", ".sh"):
        return ["is code; a model is loaded with the classes that are installed and no others"]
    return ["is of a kind that no model needs; remove it"]


def opened(file: Path) -> BufferedReader:
    """For reading, without waiting: a pipe put in a file's place would hold us. ``ValueError`` if it is no file."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("is no regular file")
    return open(descriptor, "rb")


def _weights(file: Path) -> list[str]:
    facts = file.stat()
    # A file that claims a terabyte and holds none would be read for hours. Compressing file systems stay far from this;
    # some file systems over a network count no blocks at all.
    if facts.st_size > 2**30 and 0 < facts.st_blocks * 512 * 100 < facts.st_size:
        return ["holds hardly any data for its size"]
    try:
        safetensors_header.check(file)
    except safetensors_header.WrongHeaderError as error:
        return [str(error)]
    return []


def _text(file: Path) -> list[str]:
    if file.stat().st_size > MAX_TEXT_BYTES:
        return ["is too long for a text"]
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ["is not text"]
    return ["is not text"] if "\x00" in text else []


def read_json(file: Path) -> Any:
    """Raises ``ValueError`` for what is too long or no JSON."""
    with opened(file) as readable:
        # Not for as much as it may have at most: Python sets that much memory aside first.
        text = readable.read(min(os.fstat(readable.fileno()).st_size, MAX_TEXT_BYTES) + 1)
    if len(text) > MAX_TEXT_BYTES:
        raise ValueError(f"is longer than {MAX_TEXT_BYTES} bytes")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None


def _json(file: Path) -> list[str]:
    listing = file.name in VOCABULARIES or file.name.endswith(".safetensors.index.json")
    if not listing and file.stat().st_size > MAX_CONFIGURATION_BYTES:
        return ["is too long for a configuration"]
    try:
        content = read_json(file)
    except ValueError as error:
        return [str(error)]
    if file.name.endswith(".safetensors.index.json"):
        return _weight_index(file, content)
    # Vocabularies are lists of words, and a word may be anything; only configurations can ask for code.
    configuration = file.name not in VOCABULARIES
    return [f"asks for code of its own ({key})" for key in sorted(_code_keys(content))] if configuration else []


def _code_keys(content: Any) -> set[str]:
    """Keys anywhere inside that make a loader import code from the folder or from the network."""
    found: set[str] = set()
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found |= CODE_KEYS & value.keys()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _weight_index(file: Path, content: Any) -> list[str]:
    weight_map = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(weight_map, dict):
        return ["has no weight_map"]
    parts = {part if isinstance(part, str) else repr(part) for part in weight_map.values()}
    wrong = sorted(part for part in parts if not WEIGHT_FILE.fullmatch(part))
    missing = sorted(part for part in parts if part not in wrong and not (file.parent / part).is_file())
    return [f"names {part[:80]!r}, which is no weight file beside it" for part in wrong + missing]
