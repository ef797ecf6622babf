from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.model_folders import INDEX, model_folder, safetensors, write_json

from pipeline import starter
from pipeline.models.checks import check
from pipeline.models.findings import RefusedModelError
from pipeline.models.registry import Registry

WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


class Canary:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


def _pickle(root: Path) -> bytes:
    return pickle.dumps(Canary(root.parent / "canary"))


def _index(**changes: object) -> Callable[[Path], object]:
    return lambda root: write_json(root / "model_index.json", {**INDEX, **changes})


def _write(name: str, content: bytes | Callable[[Path], bytes]) -> Callable[[Path], object]:
    def spoil(root: Path) -> None:
        file = root / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content(root) if callable(content) else content)

    return spoil


def _tensors(data: bytes = bytes(16), /, **tensors: object) -> Callable[[Path], object]:
    return _write(WEIGHTS, safetensors(tensors, data))


def _tensor(begin: int, end: int, shape: list[object] | None = None, dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": [(end - begin) // 4] if shape is None else shape, "data_offsets": [begin, end]}


def _outside(root: Path) -> Path:
    outside = root.parent / "outside.safetensors"
    outside.write_bytes(safetensors())
    return outside


def _relink(root: Path, target: Path) -> None:
    (root / WEIGHTS).unlink()
    (root / WEIGHTS).symlink_to(target)


def _sparse(name: str, start: bytes = b"", size: int = 10**12) -> Callable[[Path], object]:
    def spoil(root: Path) -> None:
        with (root / name).open("wb") as file:
            file.write(start)
            file.truncate(size)

    return spoil


def _header(**tensors: object) -> bytes:
    return safetensors(tensors, b"")


def _socket(root: Path) -> None:
    here = os.getcwd()
    os.chdir(root / "unet")  # the whole path is longer than the address of a socket may be
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket.json")
    finally:
        os.chdir(here)


def _hard_link(root: Path) -> None:
    (root.parent / "shadow").write_text("root:*:1:0:99999:7:::\n")
    (root / "unet" / "config.json").unlink()
    os.link(root.parent / "shadow", root / "unet" / "config.json")


def _replace_by_pipe(root: Path) -> None:
    (root / WEIGHTS).unlink()
    os.mkfifo(root / WEIGHTS)


SPOILT: dict[str, tuple[Callable[[Path], object], str, str]] = {
    # what: (how, the file that the finding names, a word of it)
    "pickle named safetensors": (_write(WEIGHTS, _pickle), WEIGHTS, "safetensors"),
    "pickle named json": (_write("unet/config.json", _pickle), "unet/config.json", "pickle"),
    "pickle named txt": (_write("tokenizer/merges.txt", _pickle), "tokenizer/merges.txt", "pickle"),
    "pickle named as a vocabulary": (_write("tokenizer/spiece.model", _pickle), "tokenizer/spiece.model", "pickle"),
    "pickle named picture": (_write("example.png", _pickle), "example.png", "pickle"),
    "bin weights": (_write("unet/diffusion_pytorch_model.bin", _pickle), "unet/diffusion_pytorch_model.bin", "code"),
    "ckpt in capitals": (_write("MODEL.CKPT", b"x"), "MODEL.CKPT", "code"),
    "pt": (_write("unet/model.Pt", b"x"), "unet/model.Pt", "code"),
    "npz": (_write("embedding.npz", b"x"), "embedding.npz", "code"),
    "python": (_write("unet/modeling.py", b"import os"), "unet/modeling.py", "code"),
    "python at the root": (_write("__init__.py", b"import os"), "__init__.py", "code"),
    "shared library": (_write("unet/a.so", b"\x7fELF"), "unet/a.so", ""),
    "zip": (_write("unet/config.json", b"PK\x03\x04"), "unet/config.json", "archive"),
    "unknown kind": (_write("unet/run.exe", b"abc"), "unet/run.exe", "no model needs"),
    "no ending": (_write("unet/program", b"abc"), "unet/program", "no model needs"),
    "binary text": (_write("README.md", b"\xff\xfe\x00"), "README.md", "not text"),
    "link out of the folder": (lambda root: _relink(root, _outside(root)), WEIGHTS, "leads out"),
    "relative link out of the folder": (
        lambda root: _relink(root, Path("../..") / _outside(root).name),
        WEIGHTS,
        "leads out",
    ),
    "linked folder": (lambda root: (root / "lora").symlink_to("/etc"), "lora", "leads out"),
    "link to itself": (lambda root: (root / "unet/config.JSON").symlink_to("config.JSON"), "unet/config.JSON", ""),
    "dangling link": (lambda root: (root / "a.json").symlink_to("nothing.json"), "a.json", "no file"),
    "fifo": (lambda root: os.mkfifo(root / "unet/pipe.json"), "unet/pipe.json", "no regular file"),
    "fifo as weights": (_replace_by_pipe, WEIGHTS, "no regular file"),
    "socket": (_socket, "unet/socket.json", "no regular file"),
    "link to a device": (lambda root: _relink(root, Path("/dev/zero")), WEIGHTS, "leads out"),
    "hard link to a secret": (_hard_link, "unet/config.json", "not JSON"),
    "weights of a terabyte of nothing": (_sparse(WEIGHTS), WEIGHTS, "not JSON"),
    "weights of a terabyte with an honest header": (
        _sparse(
            WEIGHTS,
            _header(a=_tensor(0, 10**12, [10**12], "U8")),
            10**12 + len(_header(a=_tensor(0, 10**12, [10**12], "U8"))),
        ),
        WEIGHTS,
        "hardly any data",
    ),
    "picture of a terabyte": (_sparse("unet/a.png", b"\x89PNG\r\n\x1a\n"), "unet/a.png", "too long"),
    "vocabulary of a terabyte": (_sparse("tokenizer/spiece.model"), "tokenizer/spiece.model", "too long"),
    "text of a terabyte": (_sparse("tokenizer/merges.txt"), "tokenizer/merges.txt", "too long"),
    "vocabulary json of a terabyte": (_sparse("tokenizer/vocab.json"), "tokenizer/vocab.json", "longer than"),
    "configuration of a million keys": (
        _write("unet/config.json", lambda root: json.dumps({f"key{n}": n for n in range(10**6)}).encode()),
        "unet/config.json",
        "too long",
    ),
    "number of a million digits": (_write("unet/config.json", b"9" * 10**6), "unet/config.json", "not JSON"),
    "look-alike of weights": (_write("unet/model.s\u0430fetensors", _pickle), "unet/model.s\u0430fetensors", "pickle"),
    "look-alike of a part": (_index(**{"un\u0435t ": ["diffusers", "AutoencoderKL"]}), "model_index.json", "wrongly"),
    "absolute part": (_index(**{"/etc": ["diffusers", "AutoencoderKL"]}), "model_index.json", "wrongly"),
    "weight index with an absolute path": (
        lambda root: write_json(root / "unet/a.safetensors.index.json", {"weight_map": {"a": "/etc/x.safetensors"}}),
        "unet/a.safetensors.index.json",
        "no weight file",
    ),
    "tokenizer that asks for code": (
        lambda root: write_json(
            root / "tokenizer/tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["t.Evil", None]}}
        ),
        "tokenizer/tokenizer_config.json",
        "auto_map",
    ),
    "trust_remote_code": (
        lambda root: write_json(root / "text_encoder/config.json", {"trust_remote_code": True}),
        "text_encoder/config.json",
        "trust_remote_code",
    ),
    "deep nesting": (lambda root: (root / "a/b/c/d/e/f/g").mkdir(parents=True), "a/b/c/d/e", "nested"),
    "newline in a name": (_write("a\nb.json", b"{}"), "'a\\nb.json'", "control"),
    "empty weights": (_write(WEIGHTS, b""), WEIGHTS, "too short"),
    "header longer than the file": (_write(WEIGHTS, b"\xff" * 8 + b"{}"), WEIGHTS, "announces"),
    "header of four exabytes": (_write(WEIGHTS, (2**62).to_bytes(8, "little") + b"{}"), WEIGHTS, "announces"),
    "header is no json": (_write(WEIGHTS, (4).to_bytes(8, "little") + b"{{{{"), WEIGHTS, "not JSON"),
    "header is a list": (_write(WEIGHTS, (2).to_bytes(8, "little") + b"[]"), WEIGHTS, "not JSON"),
    "header nested deeply": (
        _write(WEIGHTS, (400_002).to_bytes(8, "little") + b'{"a":' * 80_000 + b"  "),
        WEIGHTS,
        "not JSON",
    ),
    "truncated": (_tensors(bytes(12), a=_tensor(0, 16)), WEIGHTS, "cut off"),
    "longer than its header says": (_tensors(bytes(20), a=_tensor(0, 16)), WEIGHTS, "longer"),
    "overlapping": (_tensors(bytes(24), a=_tensor(0, 16), b=_tensor(8, 24)), WEIGHTS, "overlap"),
    "hole": (_tensors(bytes(24), a=_tensor(0, 8), b=_tensor(16, 24)), WEIGHTS, "belong to no tensor"),
    "negative offsets": (_tensors(a={**_tensor(0, 16), "data_offsets": [-16, 0]}), WEIGHTS, "wrongly"),
    "offsets backwards": (_tensors(a={**_tensor(0, 16), "data_offsets": [16, 0]}), WEIGHTS, "number of bytes"),
    "shape that overflows": (_tensors(a=_tensor(0, 16, shape=[2**62, 2**62])), WEIGHTS, "number of bytes"),
    "shape of floats": (_tensors(a=_tensor(0, 16, shape=[4.0])), WEIGHTS, "wrongly"),
    "shape of truth": (_tensors(a=_tensor(0, 4, shape=[True])), WEIGHTS, "wrongly"),
    "unknown dtype": (_tensors(a=_tensor(0, 16, dtype="OBJECT")), WEIGHTS, "unknown type"),
    "dtype is a list": (_tensors(a=_tensor(0, 16, dtype=["F32"])), WEIGHTS, "unknown type"),
    "tensor with a NUL in its name": (_tensors(bytes(16), **{"a\0b": _tensor(0, 16)}), WEIGHTS, "impossible name"),
    "tensor that is no object": (_tensors(a=5), WEIGHTS, "wrongly"),
    "metadata that is no text": (_tensors(__metadata__={"a": 1}, a=_tensor(0, 16)), WEIGHTS, "metadata"),
    "a name twice": (
        _write(WEIGHTS, (23).to_bytes(8, "little") + b'{"a": {}, "a": {}}     '),
        WEIGHTS,
        "twice",
    ),
    "auto_map": (
        lambda root: write_json(root / "unet/config.json", {"auto_map": {"AutoModel": "modeling.Evil"}}),
        "unet/config.json",
        "auto_map",
    ),
    "auto_map deep inside": (
        lambda root: write_json(root / "unet/config.json", {"a": [{"b": {"auto_map": {}}}]}),
        "unet/config.json",
        "auto_map",
    ),
    "custom_pipeline": (_index(custom_pipeline="evil/pipeline"), "model_index.json", "custom_pipeline"),
    "config that is no json": (_write("unet/config.json", b"{"), "unet/config.json", "not JSON"),
    "config nested deeply": (_write("unet/config.json", b"[" * 200_000), "unet/config.json", "not JSON"),
    "no index": (lambda root: (root / "model_index.json").unlink(), "model_index.json", "missing"),
    "index is a list": (lambda root: write_json(root / "model_index.json", []), "model_index.json", "not an object"),
    "unknown pipeline": (_index(_class_name="EvilPipeline"), "model_index.json", "EvilPipeline"),
    "pipeline is a list": (_index(_class_name=["evil", "Pipeline"]), "model_index.json", "not one of"),
    "custom class": (_index(unet=["evil", "EvilUNet"]), "model_index.json", "list of known"),
    "custom class of a known library": (_index(unet=["diffusers", "EvilUNet"]), "model_index.json", "list of known"),
    "library is a module": (_index(unet=["os", "system"]), "model_index.json", "list of known"),
    "component of three": (_index(unet=["diffusers", "UNet2DConditionModel", "x"]), "model_index.json", "wrongly"),
    "component that is half null": (_index(unet=[None, "UNet2DConditionModel"]), "model_index.json", "wrongly"),
    "component out of the folder": (
        _index(**{"../evil": ["diffusers", "AutoencoderKL"]}),
        "model_index.json",
        "wrongly",
    ),
    "component that is not there": (_index(unet2=["diffusers", "AutoencoderKL"]), "model_index.json", "no such folder"),
    "weight index leads out": (
        lambda root: write_json(
            root / "unet/diffusion_pytorch_model.safetensors.index.json", {"weight_map": {"a": "../../x.safetensors"}}
        ),
        "unet/diffusion_pytorch_model.safetensors.index.json",
        "no weight file",
    ),
    "weight index names nothing": (
        lambda root: write_json(root / "unet/a.safetensors.index.json", {"weight_map": {"a": "gone.safetensors"}}),
        "unet/a.safetensors.index.json",
        "no weight file",
    ),
    "weight index names a pickle": (
        lambda root: write_json(root / "unet/a.safetensors.index.json", {"weight_map": {"a": "config.json"}}),
        "unet/a.safetensors.index.json",
        "no weight file",
    ),
    "weight index of a list": (
        lambda root: write_json(root / "unet/a.safetensors.index.json", {"weight_map": {"a": ["x"]}}),
        "unet/a.safetensors.index.json",
        "no weight file",
    ),
}


def test_the_folder_that_is_spoilt_here_is_sound(tmp_path: Path) -> None:
    assert check(model_folder(tmp_path / "model")) == []


@pytest.mark.parametrize("name", SPOILT)
def test_a_hostile_folder_is_refused_and_the_file_named(name: str, tmp_path: Path) -> None:
    spoil, file, word = SPOILT[name]
    root = model_folder(tmp_path / "model")
    spoil(root)
    findings = check(root)
    assert file in [finding.file for finding in findings], findings
    assert any(finding.file == file and word in finding.problem for finding in findings), findings
    assert all(str(finding).isprintable() for finding in findings)
    with pytest.raises(RefusedModelError) as refused:
        Registry(tmp_path / "models.json").add("evil", root)
    assert refused.value.findings == tuple(findings)
    assert not (tmp_path / "canary").exists()
    assert not (tmp_path / "models.json").exists()


def test_every_finding_is_listed_not_only_the_first(tmp_path: Path) -> None:
    root = model_folder(tmp_path / "model")
    (root / "a.ckpt").write_bytes(b"x")
    (root / "b.py").write_bytes(b"x")
    (root / WEIGHTS).write_bytes(b"")
    assert [finding.file for finding in check(root)] == ["a.ckpt", "b.py", WEIGHTS]


def test_a_link_that_stays_inside_is_fine(tmp_path: Path) -> None:
    root = model_folder(tmp_path / "model")
    (root / WEIGHTS).unlink()
    (root / WEIGHTS).symlink_to("../vae/diffusion_pytorch_model.safetensors")
    assert check(root) == []


def test_a_word_in_a_vocabulary_may_be_anything(tmp_path: Path) -> None:
    root = model_folder(tmp_path / "model")
    write_json(root / "tokenizer" / "vocab.json", {"auto_map": 1, "trust_remote_code": 2})
    assert check(root) == []


@pytest.mark.parametrize("path", ["nothing", "file.safetensors"])
def test_what_is_no_folder_is_refused(path: str, tmp_path: Path) -> None:
    (tmp_path / "file.safetensors").write_bytes(safetensors())
    assert len(check(tmp_path / path)) == 1


def test_the_starter_passes_its_own_checks() -> None:
    assert check(starter.folder()) == []


def test_the_checks_run_without_torch() -> None:
    """Refusal comes before any library that could load a model is imported."""
    code = (
        "import sys, json\n"
        "from pathlib import Path\n"
        "from pipeline.models.checks import check\n"
        "from pipeline import canonical, comparison, images, records, request, schedulers, starter\n"
        "from pipeline.models.registry import Registry\n"
        "assert check(starter.folder()) == []\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    root = Path(starter.folder()).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    loaded = set(json.loads(done.stdout))
    assert loaded & {"torch", "diffusers", "transformers", "numpy", "safetensors", "huggingface_hub"} == set()


@pytest.mark.slow
def test_the_command_refuses_every_hostile_folder_in_bounded_time_and_memory(tmp_path: Path) -> None:
    """
    1. Each folder is made, then one process with little memory and no torch adds them all by the command.
    Result: all are refused, no code of theirs ran, and the sound one is taken.
    """
    for number, (spoil, _, _) in enumerate(SPOILT.values()):
        root = model_folder(tmp_path / f"folders-{number}" / "model")
        spoil(root)
    sound = model_folder(tmp_path / "sound")
    code = (
        "import json, os, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "sys.modules['torch'] = None\n"
        "from daemon.cli.main import main\n"
        "codes = [main(['models', 'add', f'm{n}', path]) for n, path in enumerate(sys.argv[1:])]\n"
        "print('CODES', json.dumps(codes))\n"
    )
    folders = [str(tmp_path / f"folders-{number}" / "model") for number in range(len(SPOILT))]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *folders, str(sound)],
        env={**os.environ, "MEZZOTINT_STATE_DIR": str(tmp_path / "state")},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.rpartition("CODES ")[2]) == [1] * len(SPOILT) + [0]
    assert "defect" not in done.stderr
    assert list(tmp_path.rglob("canary")) == []
    assert len(SPOILT) > 80
