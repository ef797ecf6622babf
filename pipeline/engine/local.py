"""The engine that computes on this machine: many jobs, one forward at a time.

All torch work happens on the thread that calls :meth:`LocalEngine.step`: a second thread that has ever run torch
slows a CPU engine by a third, even idle (measured).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence

import diffusers
import torch

from config.errors import MezzotintError
from config.settings import EngineSettings
from pipeline.engine import devices, dtypes, environment, facts, failures, loading, log, schedulers
from pipeline.engine.contract import Send
from pipeline.engine.jobs.job import Job
from pipeline.engine.jobs.order import in_order, rides_not
from pipeline.engine.jobs.picture import Picture
from pipeline.engine.jobs.text_cache import TextCache
from pipeline.engine.residency import Residency
from pipeline.engine.step_batching.choice import next_group
from pipeline.engine.step_batching.forward import Forwards, Outcome
from pipeline.engine.step_batching.rendezvous import Call, Kind
from pipeline.messages import (
    PROTOCOL_VERSION,
    Cancel,
    Draw,
    Drawn,
    Finished,
    Loaded,
    Loading,
    ModelPlace,
    Pulse,
    Rank,
    Ready,
    Stopped,
)


class LocalEngine:
    """See :class:`pipeline.engine.contract.Engine` for what it promises."""

    def __init__(self, settings: EngineSettings, send: Send, clock: Callable[[], float] = time.monotonic) -> None:
        environment.prepare()
        diffusers.utils.logging.disable_progress_bar()
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self._send = send
        self._clock = clock
        self._device = devices.choose(settings.device, settings.max_batch)
        self._precision = dtypes.choose(settings.dtype, self._device.torch)
        self._previews = settings.previews
        self._residency = Residency(settings.resident_models, self._load, clock)
        self._serving = Forwards(self._device.types)
        self._texts = TextCache()
        self._jobs: dict[tuple[str, int], Job] = {}
        self._slots: list[Picture] = []
        """The pictures being drawn together; all others are parked."""
        self._arrivals = self._forwards = self._steps = 0
        self._vae_was_last = False
        self._forward_seconds = 0.0
        self._busy = False
        """Since the last step there was work in hand: what went by since then is charged with the next pass."""
        self._counted_until = self._charged_until = 0.0
        """On the clock: up to here drawing time has been counted, and the engine's time been charged."""

    def ready(self) -> Ready:
        """What this engine is."""
        return Ready(
            protocol=PROTOCOL_VERSION,
            device=f"{self._device.torch} ({self._device.name})",
            dtype=self._precision.name,
            capacity=self._device.capacity,
            versions=facts.versions(),
        )

    def accept(self, message: Draw | Cancel | Rank) -> None:
        """Note the message."""
        if not isinstance(message, Draw):
            if (known := self._jobs.get((message.job, message.attempt))) is None:
                return
            if isinstance(message, Rank):
                known.urgency = message.urgency
            else:
                known.cancelled = True
            return
        self._arrivals += 1
        job = Job(message, self._arrivals)
        job.pictures = [Picture(job, index) for index in range(message.task.count)]
        self._jobs[job.key] = job

    def pulse(self) -> Pulse:
        """What is going on."""
        active = len({picture.job.key for picture in self._slots if picture.job.key in self._jobs})
        return Pulse(
            model=self._residency.latest,
            active=active,
            parked=len(self._jobs) - active,
            forwards=self._forwards,
            steps=self._steps,
        )

    def step(self) -> bool:
        """One forward, VAE call or load, with the text encodings before it."""
        with torch.inference_mode():  # entered here, outside of all pictures: their own no_grad can't leak out of it
            self._count_drawing_time()
            if not self._busy:
                self._charged_until = self._counted_until
            self._end_cancelled_and_overdue()
            if self._jobs:
                self._advance()
            for job in list(self._jobs.values()):
                self._tell_progress(job)
        self._busy = bool(self._jobs)
        return self._busy

    # --- one step

    def _advance(self) -> None:
        running = any(picture.begun for picture in self._slots)
        joined = self._fill_slots()
        if joined is None:
            # Nobody was drawn while a model was loaded, and nobody pays for it.
            self._counted_until = self._charged_until = self._clock()
            return
        fresh = self._serve_texts(running)
        if fresh and not running:
            return  # nobody waits for the first forward: let all who came together be taken in before it
        finishing = sorted((p for p in self._pictures() if p.finishing), key=lambda p: p.order)
        group = next_group(
            self._slots,
            finishing,
            self._most_together,
            vae_was_last=self._vae_was_last,
            crowd=self._device.capacity,
            forwards=self._forwards,
        )
        if group:
            self._serve(group)

    def _fill_slots(self) -> bool | None:
        """Put the most urgent pictures into the slots. None when a model was loaded instead."""
        self._slots = []
        blocked = False
        backlog = sum(picture.finishing for picture in self._pictures()) >= self._device.capacity
        for picture in in_order(self._jobs.values()):
            if len(self._slots) == self._device.capacity or rides_not(picture.urgency, self._slots):
                break
            if self._slots and (picture.job.low_memory or self._slots[0].job.low_memory):
                continue  # it is drawn by itself once it is the first
            if backlog and picture.model is None and self._slots and picture.urgency > self._slots[0].urgency:
                continue  # it would finish too, while the more urgent leave little time for decodes
            if picture.model is None and not blocked:
                place = picture.job.draw.model
                if self._residency.get(place) is None:
                    in_use = self._models_in_use()
                    in_use |= {loading.key_of(p.job.draw.model) for p in self._slots}  # those about to start
                    if self._residency.has_room(in_use):
                        self._load_for(place, in_use)
                        return None
                    blocked = True  # nobody behind may start before it, or the models in memory would never come free
            if picture.model is not None or not blocked:
                self._slots.append(picture)
        return True

    def _serve_texts(self, running: bool) -> bool:
        """Start the pictures that are new in the slots and encode their prompts; true if there were any.

        While others are being drawn, only as many as take about the time of a forward, and at least one.
        """
        fresh, began = False, self._clock()
        for picture in list(self._slots):
            if not self._is_in_hand(picture) or (picture.model is not None and not _waits_for(picture, Kind.TEXT)):
                continue
            if fresh and running and self._clock() - began > self._forward_seconds:
                break
            fresh = True
            if picture.model is None:
                self._start(picture)
            while _waits_for(picture, Kind.TEXT):
                call = picture.call
                assert call is not None
                self._answer(picture, self._texts.serve(call, self._serving, deterministic=picture.deterministic))
            self._charge_alone(picture.job)
        self._slots = [picture for picture in self._slots if picture.call is not None and not picture.finishing]
        return fresh

    def _serve(self, group: list[Picture]) -> None:
        calls = [picture.call for picture in group if picture.call is not None]
        before, began = self._serving.count, self._clock()
        shares = _shares(calls)
        if len(group) == 1:
            only = group[0]
            outcomes = [self._serving.alone(calls[0], deterministic=only.deterministic, low_memory=only.in_parts)]
        else:
            outcomes = self._serving.together(calls)
        passes = self._serving.count - before
        denoised = calls[0].seat.kind is Kind.DENOISE
        if denoised:
            self._forwards += passes
        self._charge(group, shares, passes if denoised else 0)  # before the answers: one may end its job
        self._vae_was_last = not denoised
        for picture, call, outcome in zip(group, calls, outcomes, strict=True):
            if not self._is_in_hand(picture):
                continue  # another picture of its job has just failed, and the job with it
            picture.served_at = self._serving.count
            if call.seat.kind is Kind.DECODE and outcome.error is None:
                self._learn(picture, call, outcome)
            if self._again_in_tiles(picture, call, outcome):
                continue  # it waits where it is, and the call is served again
            self._answer(picture, outcome)
        self._charge(group, shares)
        for picture in group:
            if picture.image is not None:
                self._drawn(picture)
        if denoised:
            self._forward_seconds = self._clock() - began

    def _again_in_tiles(self, picture: Picture, call: Call, outcome: Outcome) -> bool:
        """Whether memory ran out for a whole VAE call. It is made again in tiles, and no step is lost."""
        whole = call.seat.kind in (Kind.ENCODE, Kind.DECODE) and not picture.in_parts
        if not whole or outcome.error is None or not failures.is_out_of_memory(outcome.error):
            return False
        log.event("job_tiled", job=picture.job.draw.job, attempt=picture.job.draw.attempt)
        outcome.error.__traceback__ = None  # its frames hold the picture's tensors
        picture.tiled = True
        self._make_room(picture.job)
        return True

    def _charge(self, group: Sequence[Picture], shares: Sequence[float], passes: int = 0) -> None:
        """Charge the time since the last charge; ``passes`` of the denoiser were made in it."""
        seconds = self._uncharged()
        for picture, share in zip(group, shares, strict=True):
            if passes:
                picture.job.spent.charge_forward(seconds, share, passes=passes)
            else:
                picture.job.spent.charge(seconds * share)

    def _charge_alone(self, job: Job) -> None:
        job.spent.charge(self._uncharged())

    def _uncharged(self) -> float:
        now = self._clock()
        seconds, self._charged_until = now - self._charged_until, now
        return seconds

    # --- pictures

    def _pictures(self) -> Iterator[Picture]:
        return (picture for job in self._jobs.values() for picture in job.pictures)

    def _is_in_hand(self, picture: Picture) -> bool:
        """False for one that is finished, and once its job has ended."""
        return picture in picture.job.pictures

    def _start(self, picture: Picture) -> None:
        model = self._residency.get(picture.job.draw.model)
        assert model is not None
        picture.served_at = self._serving.count - 1
        try:
            picture.start(model, self._device)
        except Exception as error:  # boundary: a job's failure is that job's alone
            self._fail(picture.job, error)
            return
        if picture.image is not None:
            self._drawn(picture)

    def _answer(self, picture: Picture, outcome: Outcome) -> None:
        """Let the picture run on to its next call or its end."""
        before, in_parts = picture.step, picture.in_parts
        try:
            if outcome.error is not None:
                picture.fail(outcome.error)
            else:
                picture.resume(outcome.answer)
        except Exception as error:  # boundary: a job's failure is that job's alone
            self._fail(picture.job, error, in_parts=in_parts)
        self._steps += picture.step - before
        if picture.finishing:
            picture.finished_at = self._forwards

    def _drawn(self, picture: Picture) -> None:
        job, image = picture.job, picture.image
        if image is None or not self._is_in_hand(picture):
            return
        pixels = image.convert("RGB").tobytes()
        drawn = Drawn(
            job=job.draw.job,
            attempt=job.draw.attempt,
            index=picture.index,
            seed=picture.seed,
            width=image.width,
            height=image.height,
            pixels=pixels,
            pixels_sha256=hashlib.sha256(pixels).hexdigest(),
            facts=self._facts_of(picture),
        )
        job.finish(picture)
        picture.abandon()
        self._charge_alone(job)
        self._tell_progress(job)
        self._send(drawn)
        if not job.pictures:
            del self._jobs[job.key]
            self._finished(job)

    def _finished(self, job: Job) -> None:
        self._count_drawing_time()
        spent = job.spent
        self._send(
            Finished(
                job=job.draw.job,
                attempt=job.draw.attempt,
                engine_seconds=spent.engine_seconds,
                drawing_seconds=spent.drawing_seconds,
                forward_seconds=spent.forward_seconds,
                forwards=spent.forwards,
                forwards_share=spent.forwards_share,
            )
        )

    def _facts_of(self, picture: Picture) -> facts.Facts:
        scheduler = picture.scheduler
        found: facts.Facts = {
            **facts.of_engine(self._device, self._precision.name),
            "kernel_mode": "deterministic" if picture.deterministic else "merged",
            "pipeline": picture.pipeline_name,
            "scheduler": picture.job.draw.task.scheduler,
            "scheduler_class": type(scheduler).__name__,
            "scheduler_options": schedulers.options(scheduler),
            "model_sha256": picture.job.draw.model.sha256,
            "steps_run": picture.step,
        }
        if picture.job.low_memory or picture.tiled:
            found["low_memory"] = True
        if picture.tokens_dropped:
            found["prompt_tokens_dropped"] = picture.tokens_dropped
        return found

    def _learn(self, picture: Picture, call: Call, outcome: Outcome) -> None:
        if not self._previews or picture.model is None or picture.model.previewer.off:
            return
        answer = outcome.answer
        try:
            latents = next(iter(call.named().values()))
            picture.model.previewer.learn(latents, answer[0] if isinstance(answer, tuple) else answer.sample)
        except Exception as error:  # boundary: previews are never worth a picture
            picture.model.previewer.switch_off(error)

    # --- jobs

    def _count_drawing_time(self) -> None:
        now = self._clock()
        for job in {picture.job for picture in self._slots}:
            job.spent.drawing_seconds += now - self._counted_until
        self._counted_until = now

    def _end_cancelled_and_overdue(self) -> None:
        for job in list(self._jobs.values()):
            if job.cancelled:
                self._drop(job)
                seconds = job.spent.engine_seconds
                self._send(Stopped(job=job.draw.job, attempt=job.draw.attempt, engine_seconds=seconds))
            elif job.spent.drawing_seconds >= job.draw.deadline_seconds:
                self._fail(job, failures.overdue(job.draw.deadline_seconds))

    def _fail(self, job: Job, error: Exception, *, in_parts: bool = False) -> None:
        if failures.ends_the_engine(error):
            raise error
        memory = failures.is_out_of_memory(error)
        if not (memory or isinstance(error, MezzotintError)):
            log.event("job_failed", job=job.draw.job, attempt=job.draw.attempt)
            log.exception("job_error", error)
        error.__traceback__ = None  # its frames hold the picture's tensors
        if memory and not (in_parts or job.low_memory):
            self._begin_again(job)
            return
        if memory:
            beside = self._residency.holds_others(loading.key_of(job.draw.model))
            reason = failures.too_large_beside if beside else failures.too_large
            error = reason(job.draw.task.width, job.draw.task.height, self._device.name)
            self._make_room(job)
        self._drop(job)
        self._charge_alone(job)
        self._send(failures.message(job.draw.job, job.draw.attempt, error, job.spent.engine_seconds))

    def _begin_again(self, job: Job) -> None:
        """Draw by itself and in parts what is left of a job for which memory ran out."""
        log.event("job_low_memory", job=job.draw.job, attempt=job.draw.attempt)
        left = [picture.index for picture in job.pictures]
        self._let_go(job)
        job.low_memory = True
        job.spent.drawing_seconds = 0.0
        job.pictures = [Picture(job, index) for index in left]
        self._make_room(job)

    def _make_room(self, job: Job) -> None:
        """Let go of all that neither this job nor any that is being drawn needs."""
        self._texts.forget()
        self._residency.drop_idle(self._models_in_use() | {loading.key_of(job.draw.model)})

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.key, None)
        self._let_go(job)

    def _let_go(self, job: Job) -> None:
        for picture in job.pictures:
            picture.abandon()
        job.pictures = []
        self._slots = [picture for picture in self._slots if picture.job is not job]

    def _tell_progress(self, job: Job) -> None:
        if (progress := job.progress()) is not None:
            self._send(progress)

    # --- models

    def _models_in_use(self) -> set[tuple[str, str]]:
        return {picture.model.key for picture in self._pictures() if picture.model is not None}

    def _load_for(self, place: ModelPlace, in_use: set[tuple[str, str]]) -> None:
        """Load a model; when that fails, all jobs that want it fail. Where it is only that memory is short beside the
        models that are being drawn with, they wait."""
        self._send(Loading(model=place.name))
        self._texts.forget()  # its keys hold the modules of the model that may have to go
        began = self._clock()
        try:
            loaded = self._load_if_it_fits(place, in_use)
        except Exception as error:  # boundary: a broken model ends its jobs, not the engine
            for job in list(self._jobs.values()):
                if loading.key_of(job.draw.model) == loading.key_of(place):
                    self._fail(job, error)
            return
        if loaded:
            self._send(Loaded(model=place.name, seconds=self._clock() - began))

    def _load_if_it_fits(self, place: ModelPlace, in_use: set[tuple[str, str]]) -> bool:
        """False when the models that are being drawn with leave no memory for it: then it waits until they are idle."""
        for _ in range(2):
            try:
                self._residency.load(place, in_use)
            except Exception as error:
                if not failures.is_out_of_memory(error):
                    raise
                failures.release_memory(after=error)
            else:
                return True
            if in_use:
                self._residency.no_more_than_now()
                return False
            self._residency.drop_idle(in_use)
        raise failures.model_too_large(place.name, self._device.name)

    def _load(self, place: ModelPlace) -> loading.LoadedModel:
        return loading.load(place, self._device, self._precision)

    def _most_together(self, call: Call) -> int:
        return self._serving.most_together(call, self._device.capacity)


def _shares(calls: Sequence[Call]) -> list[float]:
    rows = [max(call.signature().rows, 1) for call in calls]
    return [each / sum(rows) for each in rows]


def _waits_for(picture: Picture, kind: Kind) -> bool:
    return picture.call is not None and picture.call.seat.kind is kind
