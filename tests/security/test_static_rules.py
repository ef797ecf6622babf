"""What no file of the product may do, whoever writes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "daemon", "frontends", "pipeline", "storage")
MODULES = frozenset({"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve"})
CALLS = frozenset({"eval", "exec", "torch.load", "os.system", "os.popen", "tempfile.mktemp"})
KEYWORDS = frozenset({"shell", "trust_remote_code", "custom_pipeline", "allow_pickle"})


def breaches(code: str) -> list[str]:
    """Line and what is wrong there."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"{node.lineno}: imports {name}" for name in names if name.partition(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in CALLS:
            found.append(f"{node.lineno}: calls {called}")
        keywords = {each.arg: ast.unparse(each.value) for each in node.keywords if each.arg}
        found += [f"{node.lineno}: {name}" for name in KEYWORDS & keywords.keys() if keywords[name] != "False"]
        if called.endswith("yaml.load") and not keywords.get("Loader", "").endswith("SafeLoader"):
            found.append(f"{node.lineno}: yaml.load without a safe loader")
        if called.endswith("weights_only") or keywords.get("weights_only") == "False":
            found.append(f"{node.lineno}: weights_only")
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "exec('1')",
        "torch.load(x)",
        "os.system('ls')",
        "subprocess.run('ls', shell=True)",
        "yaml.load(x)",
        "yaml.load(x, Loader=yaml.Loader)",
        "tempfile.mktemp()",
        "f(trust_remote_code=True)",
        "f(custom_pipeline='x')",
    ],
)
def test_a_breach_would_be_noticed(code: str) -> None:
    assert len(breaches(code)) == 1


def test_a_safe_loader_is_no_breach() -> None:
    assert breaches("yaml.load(x, Loader=yaml.CSafeLoader); f(trust_remote_code=False)") == []


def test_no_file_of_the_product_runs_what_it_was_given() -> None:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 150
    assert {str(path): found for path in files if (found := breaches(path.read_text(encoding="utf-8")))} == {}


def test_no_input_is_judged_by_an_assertion() -> None:
    """Assertions vanish under -O: each may only repeat what the code above it has established (none, a kind)."""
    wrong = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assert) and not _narrows(node.test):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.test)}")
    assert wrong == []


def _narrows(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp):
        return all(_narrows(each) for each in test.values)
    text = ast.unparse(test)
    return text.endswith((" is not None", " is None")) or text.startswith("isinstance(")
