"""One picture: a stock pipeline call in a greenlet, with its own view, scheduler and generator."""

from __future__ import annotations

import copy
import functools
import math
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from pipeline.engine import failures, schedulers
from pipeline.engine.jobs import arguments
from pipeline.engine.step_batching.rendezvous import Call, Kind, Suspendable

if TYPE_CHECKING:
    from pipeline.engine.devices import Device
    from pipeline.engine.jobs.job import Job
    from pipeline.engine.loading import LoadedModel, Task
    from pipeline.engine.previews import Previewer

PREVIEWS = 5
"""At most so many previews of a picture."""


class Picture:
    """Picture ``index`` of a job. Between two calls of the loop it stands at :attr:`call` or has its :attr:`image`."""

    def __init__(self, job: Job, index: int) -> None:
        self.job = job
        self.index = index
        self.steps = job.draw.task.steps
        self.step = 0
        """Denoising steps done."""
        self.evaluations = 0
        self.call: Call | None = None
        self.image: Image.Image | None = None
        self.served_at = 0
        """Number of the pass that served it last; at first that of the last but one before it was started. So newcomers
        take their turn before those who have just been served and after all who wait: no stream of them goes first for
        ever."""
        self.finished_at = 0
        """Number of the denoising forward that made its last step."""
        self.model: LoadedModel | None = None
        """Set once it is started."""
        self.tiled = False
        """Memory ran out for one of its VAE calls: they are made in tiles."""
        self.scheduler: Any = None
        self.pipeline_name = ""
        self.tokens_dropped = 0
        self._pipe: Any = None
        self._greenlet: Suspendable | None = None
        self._latents: torch.Tensor | None = None

    @property
    def seed(self) -> int:
        """The seed of this picture of the job."""
        return (self.job.draw.task.seed + self.index) % 2**32

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts pictures by who goes first."""
        return (self.job.urgency, self.job.number, self.index)

    @property
    def urgency(self) -> int:
        """Lower goes first."""
        return self.job.urgency

    @property
    def deterministic(self) -> bool:
        """It must come out bit for bit the same again."""
        return self.job.draw.task.deterministic

    @property
    def alone(self) -> bool:
        """Its calls are never merged."""
        return self.deterministic or self.job.low_memory

    @property
    def in_parts(self) -> bool:
        """The call where it waits is made with as little memory as possible."""
        vae = self.call is not None and self.call.seat.kind in (Kind.ENCODE, Kind.DECODE)
        return self.job.low_memory or (self.tiled and vae)

    @property
    def begun(self) -> bool:
        """Its first denoising step is done."""
        return self.evaluations > 0

    @property
    def finishing(self) -> bool:
        """It waits for its decode."""
        return self.call is not None and self.call.seat.kind is Kind.DECODE

    def start(self, model: LoadedModel, device: Device) -> None:
        """Run the pipeline up to its first rendezvous. Raises what the pipeline or the checks raise."""
        draw = self.job.draw
        arguments.check(draw.task, model)
        self.model = model
        image = None
        if draw.image_png is not None:
            image = arguments.input_picture(draw.image_png, draw.task.width, draw.task.height)
            self.steps = arguments.steps_of(draw.task, image)
        base = self._pipeline_of(model, image)
        self.scheduler = self._own_scheduler(model, base)
        self.pipeline_name = type(base).__name__
        self.tokens_dropped = arguments.tokens_dropped(base, draw.task.prompt)
        if image is not None and self.steps < 1:
            self.image = image  # Less than one step of noise: the picture as it is. The pipelines refuse this.
            return
        self._pipe = self._view(base)
        call = functools.partial(self._pipe, **arguments.build(self._pipe, draw.task, self.seed, image))
        self._greenlet = Suspendable(lambda: call().images[0], device.types)
        self._went(self._greenlet.resume())

    def resume(self, answer: Any) -> None:
        """Give the suspended call its answer and run on to the next rendezvous, or to the end."""
        assert self._greenlet is not None
        self.call = None
        self._went(self._greenlet.resume(answer))

    def fail(self, error: BaseException) -> None:
        """Raise ``error`` at the suspended call; it comes back from here unless the pipeline catches it."""
        assert self._greenlet is not None
        self.call = None
        self._went(self._greenlet.fail(error))

    def abandon(self) -> None:
        """End the greenlet and let go of everything it holds."""
        suspended, self._greenlet = self._greenlet, None
        if self.scheduler is not None:
            self.scheduler.__dict__.pop("step", None)  # breaks the circle scheduler - picture
        self.call = self._latents = self.scheduler = self._pipe = None
        if suspended is not None and suspended and not suspended.dead:
            try:
                suspended.fail(failures.Cancelled())
            except (failures.Cancelled, Exception) as error:  # boundary: whatever its clean-up raises, it is gone
                error.__traceback__ = None  # its frames hold the greenlet, which would wait for the garbage collector

    def take_preview(self) -> bytes | None:
        """The preview that is due, once."""
        latents, self._latents = self._latents, None
        if latents is None or self.model is None or self.model.previewer.off:
            return None
        try:
            return self._draw_preview(latents, self.model.previewer)
        except Exception as error:  # boundary: previews are never worth a picture
            self.model.previewer.switch_off(error)
            return None

    def _draw_preview(self, latents: torch.Tensor, previewer: Previewer) -> bytes | None:
        task = self.job.draw.task
        unpack = getattr(self._pipe, "_unpack_latents", None)
        if latents.dim() == 3 and unpack is not None:
            latents = unpack(latents, task.height, task.width, self._pipe.vae_scale_factor)
        return previewer.png(latents, task.width, task.height)

    def _went(self, reached: Any) -> None:
        if isinstance(reached, Call):
            self.call = reached
        else:
            self.image = reached
            self._greenlet = self._pipe = self._latents = None

    def _pipeline_of(self, model: LoadedModel, image: Image.Image | None) -> Any:
        task: Task = "text_to_image" if image is None else "image_to_image"
        pipe = model.pipelines.get(task)
        if pipe is None:
            raise failures.cannot(task, model.place.name)
        return pipe

    def _own_scheduler(self, model: LoadedModel, base: Any) -> Any:
        name = self.job.draw.task.scheduler
        if name not in model.schedulers:
            model.schedulers[name] = schedulers.build(name, model.scheduler_config, type(base))
        scheduler = copy.deepcopy(model.schedulers[name])
        step = scheduler.step
        own = self

        @functools.wraps(step)
        def counted(*args: Any, **kwargs: Any) -> Any:
            answer = step(*args, **kwargs)
            own._stepped(answer)
            return answer

        scheduler.step = counted
        return scheduler

    def _view(self, base: Any) -> Any:
        """The pipeline with a scheduler of its own. What a pipeline does to all components at its end is left out:
        it would reset the caches of the pictures that are still being drawn.
        """
        view = copy.copy(base)
        view.scheduler = self.scheduler
        view.maybe_free_model_hooks = lambda: None
        return view

    def _stepped(self, answer: Any) -> None:
        """Called after each step of the scheduler (two make one step for the samplers of second order)."""
        self.evaluations += 1
        step = min(math.ceil(self.evaluations / getattr(self.scheduler, "order", 1)), self.steps)
        moved, self.step = step != self.step, step
        every = max(2, math.ceil(self.steps / (PREVIEWS + 1)))
        if moved and self.job.draw.previews and step % every == 0 and step < self.steps:
            self._latents = self._guess(answer)

    def _guess(self, answer: Any) -> torch.Tensor | None:
        """The latents of the picture as the sampler sees it now; where it does not tell, the noisy ones."""
        guesses = getattr(self.scheduler, "model_outputs", None)
        if guesses and isinstance(guesses[-1], torch.Tensor) and _predicts_the_picture(self.scheduler.config):
            return guesses[-1]
        outputs = answer if isinstance(answer, tuple) else tuple(answer.values())
        return next((output for output in reversed(outputs) if isinstance(output, torch.Tensor)), None)


def _predicts_the_picture(config: Any) -> bool:
    return "++" in str(config.get("algorithm_type", "")) or bool(config.get("predict_x0", False))
