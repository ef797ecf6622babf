"""What daemon and engine say to each other: small frozen values over one stream socket.

A frame is a 4-byte big-endian length and that many bytes of MessagePack (no pickle: an engine that was
taken over by a hostile model must not be able to run code in the daemon). Pixels travel as raw RGB bytes.
A job is named by ``(job, attempt)`` in both directions, so that a late word about an earlier attempt is
recognised and dropped.
"""

from __future__ import annotations

from typing import Literal

import msgspec

MAX_FRAME_BYTES = 1 << 28
PROTOCOL_VERSION = 1
ASIDE = 1000
"""Jobs of an urgency from this on share no forward with those below: they are drawn while there are only such."""

FailureKind = Literal["user", "retryable", "fatal"]


class Message(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """One frame."""


class ModelPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model lies and what it must be: the engine loads this path and nothing else."""

    name: str
    path: str
    family: str
    sha256: str
    """Fingerprint of all files of the model, as the registry recorded it."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A settled request in the form the engine draws it; :class:`pipeline.request.Request` has meanings and ranges."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    count: int
    steps: int
    guidance_scale: float
    scheduler: str
    seed: int
    denoising_strength: float | None
    deterministic: bool


# --- daemon to engine


class Draw(Message, frozen=True, kw_only=True):
    """Draw a job. A lower ``urgency`` goes first; it may park jobs of higher numbers, and from
    :data:`ASIDE` on they do not ride along with it. :class:`Rank` changes it."""

    job: str
    attempt: int
    task: Task
    model: ModelPlace
    urgency: int
    deadline_seconds: float
    """How long it may be drawn: time in which it has a picture in the slots. Waiting, being parked and the loading
    of models do not count. After that it ends with a retryable failure at its next step."""
    image_png: bytes | None = None
    """The input picture of image to image, already checked and re-encoded by the daemon."""
    previews: bool = False


class Cancel(Message, frozen=True, kw_only=True):
    """End a job at its next step; answered by :class:`Stopped`."""

    job: str
    attempt: int


class Rank(Message, frozen=True, kw_only=True):
    """From the next step on a job is of this urgency instead of that of its :class:`Draw`."""

    job: str
    attempt: int
    urgency: int


class Stop(Message, frozen=True, kw_only=True):
    """Take no more work and exit; jobs in flight are dropped (the daemon has released them)."""


# --- engine to daemon


class Ready(Message, frozen=True, kw_only=True):
    """The engine is up (no model is loaded yet). ``capacity`` is how many jobs it likes to draw together."""

    protocol: int
    device: str
    dtype: str
    capacity: int
    versions: dict[str, str]
    """Library versions that decide pixels (torch, diffusers, transformers ...)."""


class Loading(Message, frozen=True, kw_only=True):
    """A model is being loaded; no job moves meanwhile."""

    model: str


class Loaded(Message, frozen=True, kw_only=True):
    """A model is ready to draw."""

    model: str
    seconds: float


class Progress(Message, frozen=True, kw_only=True):
    """A job moved on. Sent once a step of the job at most. ``step`` counts the steps of all its pictures."""

    job: str
    attempt: int
    step: int
    steps: int
    preview_png: bytes | None = None
    engine_seconds: float = 0.0
    """Its share (by rows) of the passes so far."""


class Drawn(Message, frozen=True, kw_only=True):
    """One picture of a job is finished. ``pixels`` is RGB, 8 bits, row by row; ``pixels_sha256`` is of these bytes."""

    job: str
    attempt: int
    index: int
    seed: int
    width: int
    height: int
    pixels: bytes
    pixels_sha256: str
    facts: dict[str, str | int | float | bool]
    """What else decided the pixels: device, dtype, kernel mode, library versions, scheduler class and options."""


class Finished(Message, frozen=True, kw_only=True):
    """All pictures of a job were sent, and what they took."""

    job: str
    attempt: int
    engine_seconds: float
    """Its share (by rows) of the passes it took part in, of the denoiser and others; the loading of models is nobody's.
    The shares of all jobs together are the time in which the engine was busy."""
    drawing_seconds: float = 0.0
    """How long it had a picture in the slots, whoever else had."""
    forward_seconds: float = 0.0
    """The part of ``engine_seconds`` that went into passes of the denoiser."""
    forwards: int = 0
    """Passes of the denoiser that its pictures took part in, counted for each picture."""
    forwards_share: float = 0.0
    """The same by rows: a picture that shares a pass with three others has a quarter of it."""


class Failed(Message, frozen=True, kw_only=True):
    """A job ended without its pictures."""

    job: str
    attempt: int
    kind: FailureKind
    message: str
    field: str | None = None
    hint: str | None = None
    engine_seconds: float = 0.0
    """What it had cost by then; see :class:`Finished`."""


class Stopped(Message, frozen=True, kw_only=True):
    """A job was cancelled at a step."""

    job: str
    attempt: int
    engine_seconds: float = 0.0
    """What it had cost by then; see :class:`Finished`."""


class Pulse(Message, frozen=True, kw_only=True):
    """Sent after every forward (at most ten a second) and every second when idle: what the engine is doing."""

    model: str | None
    active: int
    parked: int
    forwards: int
    """Passes of a denoiser since the engine's start, warm-up and self-checks apart."""
    steps: int
    """Denoising steps of all jobs since the engine's start."""
    busy_seconds: float = 0.0
    """Time since the engine's start in which it had work in hand, the loading of models included."""


class Dying(Message, frozen=True, kw_only=True):
    """The engine can't go on; it exits after this."""

    message: str


ToEngine = Draw | Cancel | Rank | Stop
ToDaemon = Ready | Loading | Loaded | Progress | Drawn | Finished | Failed | Stopped | Pulse | Dying
