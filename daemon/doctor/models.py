"""The registered models: there, fit to be loaded, and what they were when they were registered."""

from __future__ import annotations

from collections.abc import Iterator

from config.errors import MezzotintError
from config.settings import Settings
from daemon.doctor.finding import Finding
from pipeline.models import checks
from pipeline.models.entry import ModelEntry
from pipeline.models.fingerprint import files_of
from pipeline.models.registry import STARTER, Registry

SHOWN = 3


def check_models(settings: Settings, *, thorough: bool = False) -> Iterator[Finding]:
    """Of each: names, headers and dates of its files; every byte of them only when ``thorough``."""
    registry = Registry(settings.models_file)
    try:
        registered = registry.list()
    except MezzotintError as error:
        hint = error.hint or f"mend or remove {settings.models_file}, then register anew: mezzotint models add"
        yield Finding("models", "fail", error.message, hint)
        return
    names = [entry.name for entry in registered]
    if settings.models.default not in names:
        detail = f"the default one, {settings.models.default}, is not registered (there is: {', '.join(names)})"
        yield Finding("models", "fail", detail, "mezzotint models add, or set models.default")
    for entry in registered:
        yield _model(settings, registry, entry, thorough)


def _model(settings: Settings, registry: Registry, entry: ModelEntry, thorough: bool) -> Finding:
    name = f"model {entry.name}"
    if not entry.path.is_dir():
        hint = f"put it back, or: mezzotint models remove {entry.name}"
        return Finding(name, "fail", f"its folder is gone: {entry.path}", hint)
    if findings := checks.check(entry.path):
        detail = f"can't be loaded: {_some([str(finding) for finding in findings])}"
        return Finding(name, "fail", detail, f"mezzotint models check {entry.name}")
    changed = _changed(registry, entry, thorough)
    if changed:
        anew = f"mezzotint models remove {entry.name} && mezzotint models add {entry.name} {entry.path}"
        hint = "install the program anew" if entry.name == STARTER else f"put it back as it was; if it is meant: {anew}"
        return Finding(name, "fail", f"is not what was registered: {_some(changed)}", hint)
    if not thorough and (written := _written_since(settings, entry)):
        detail = f"written to since it was registered: {_some(written)}"
        return Finding(name, "warn", detail, "whether anything changed tells: mezzotint doctor --thorough")
    return Finding(name, "ok", "every byte is what was registered" if thorough else str(entry.path))


def _changed(registry: Registry, entry: ModelEntry, thorough: bool) -> list[str]:
    """Files that came, are gone, or (if all is read) have another content."""
    if thorough:
        unchanged = registry.is_unchanged(entry)
        return [] if unchanged else list(registry.changed(entry)) if entry.files else ["its fingerprint is another one"]
    return sorted(set(files_of(entry.path)) ^ entry.files.keys()) if entry.files else []


def _written_since(settings: Settings, entry: ModelEntry) -> list[str]:
    """Files younger than the register. That of an older one may have changed too; only its bytes tell."""
    if entry.name == STARTER:
        return []
    registered = settings.models_file.stat().st_mtime
    return [name for name in files_of(entry.path) if (entry.path / name).stat().st_mtime > registered]


def _some(words: list[str]) -> str:
    more = len(words) - SHOWN
    return "; ".join(words[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
