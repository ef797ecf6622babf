"""What an exception out of torch or diffusers means for the job it happened to."""

from __future__ import annotations

import gc
import traceback

import torch

from config.errors import MezzotintError, RetryableError, UserError
from pipeline.messages import Failed, FailureKind


class Cancelled(BaseException):
    """Thrown into a suspended picture to end it; not an ``Exception``, so that no pipeline swallows it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether device or host memory ran out."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and ("out of memory" in str(error) or "can't allocate memory" in str(error))
    )


def ends_the_engine(error: BaseException) -> bool:
    """Whether the device is unusable from now on: a CUDA context stays broken after an illegal access."""
    return isinstance(error, torch.AcceleratorError) and not is_out_of_memory(error)


def release_memory(after: BaseException | None = None) -> None:
    """Give back what the allocators hold but nobody uses, and what the frames of the error ``after`` still hold."""
    if after is not None:
        traceback.clear_frames(after.__traceback__)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.xpu.is_available():
        torch.xpu.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def cannot(task: str, model: str) -> UserError:
    """A task that the family of a model has no pipeline for."""
    field = "image" if task == "image_to_image" else "model"
    return UserError(f"{model} can't draw {task.replace('_', ' ')}", field=field)


def overdue(seconds: float) -> RetryableError:
    """A job that has been drawn for as long as it may."""
    return RetryableError(f"drawn for {seconds:g} seconds and not finished", hint="draw it with fewer steps")


def too_large(width: int, height: int, device: str) -> UserError:
    """A picture that did not fit into memory although it was drawn by itself and in parts."""
    return UserError(
        f"a picture of {width}x{height} does not fit into the memory of {device}, even drawn by itself and in parts",
        field="width",
        hint="ask for a smaller size, or end other programs that use this device",
    )


def too_large_beside(width: int, height: int, device: str) -> RetryableError:
    """The same, while another model was in memory: there may be room for it another time."""
    return RetryableError(
        f"a picture of {width}x{height} does not fit into the memory of {device} beside another model",
        hint="if this comes often, set engine.resident_models to 1",
    )


def model_too_large(model: str, device: str) -> UserError:
    """A model that did not fit although no other was in memory."""
    return UserError(
        f"the model {model} does not fit into the memory of {device}",
        field="model",
        hint="choose a smaller model, or end other programs that use this device",
    )


def message(job: str, attempt: int, error: BaseException, engine_seconds: float) -> Failed:
    """What the daemon is told."""
    name = (job, attempt, engine_seconds)
    if isinstance(error, MezzotintError):
        return _failed(name, error.kind, error.message, error.field, error.hint)
    first = next(iter(str(error).strip().splitlines()), "")
    text = f"drawing failed: {type(error).__name__}: {first}"[:500]
    # What a pipeline refuses it refuses again; what broke while computing may have been the machine.
    kind: FailureKind = "fatal" if isinstance(error, ValueError | TypeError | NotImplementedError) else "retryable"
    return _failed(name, kind, text)


def _failed(
    name: tuple[str, int, float], kind: FailureKind, text: str, field: str | None = None, hint: str | None = None
) -> Failed:
    job, attempt, seconds = name
    return Failed(job=job, attempt=attempt, kind=kind, message=text, field=field, hint=hint, engine_seconds=seconds)
