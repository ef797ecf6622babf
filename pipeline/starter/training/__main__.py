"""``python -m pipeline.starter.training``: collect pictures, train, assemble what was carried, evaluate, draw a sheet.

The exit status is 0 when all is done, 1 when it can't be done, 3 when something is left unfinished.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import diffusers
import torch
import transformers

from pipeline import starter
from pipeline.starter.training import architecture, collect, course, drawing, model_folder, sheet
from pipeline.starter.training.assemble import assemble
from pipeline.starter.training.evaluation.run import Extent, evaluate
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.stages import plan
from pipeline.starter.training.stages.teaching import Surroundings
from pipeline.starter.training.workshop import Options, Workshop, opened

DONE, CANT, UNFINISHED = 0, 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    asked = _parser().parse_args(arguments)
    commands = {
        "collect": _collect,
        "train": _train,
        "assemble": _assemble,
        "evaluate": _evaluate,
        "sheet": _sheet,
    }
    _quiet_libraries()
    try:
        return commands[asked.command](asked)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return CANT


def _quiet_libraries() -> None:
    """Bars for files that load in milliseconds, hints for other uses, and the tokenizer's threads beside processes."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()
        library.utils.logging.set_verbosity_error()


def _collect(asked: argparse.Namespace) -> int:
    print(f"{collect.collect(asked.emoji, asked.data)} subjects in {asked.data}")
    return DONE


def _train(asked: argparse.Namespace) -> int:
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"[{time.monotonic() - began:7.1f}] {words}", flush=True)

    def stop() -> bool:
        return asked.leave_after is not None and time.monotonic() - began >= asked.leave_after

    plans = _plans(plan.TINY if asked.tiny else plan.FULL, asked)
    workshop = _workshop(asked)
    say(f"{len(workshop.collection.subjects)} subjects, {len(workshop.textures)} pictures, {workshop.options.device}")
    around = Surroundings(asked.out, asked.resume, say, stop)
    return DONE if course.run(workshop, plans, asked.stages, around, asked.start_from) else UNFINISHED


def _assemble(asked: argparse.Namespace) -> int:
    for folder in assemble(_workshop(asked), asked.out):
        print(folder)
    return DONE


def _evaluate(asked: argparse.Namespace) -> int:
    extent = Extent(asked.scenes, asked.prompts, asked.controlled, asked.seed + 1, drawing.Manner(asked.steps))
    figures = evaluate(_workshop(asked), asked.out, extent)
    for name, found in figures["judged"].items():
        print(f"{name}: {found['right']} of {found['of']}")
    print(f"figures, card and sheets are in {asked.out / 'evaluation'}")
    return DONE


def _sheet(asked: argparse.Namespace) -> int:
    pipe = model_folder.load_pipeline(asked.out, _device(asked.device))
    file = asked.out / "sheet.png"
    sheet.save(file, sheet.samples(pipe, drawing.Manner(asked.steps)))
    print(file)
    return DONE


def _plans(plans: Mapping[str, plan.Plan], asked: argparse.Namespace) -> dict[str, plan.Plan]:
    """Those of the table with what was asked for instead."""
    changed = dict(plans)
    for stage, seconds in asked.seconds.items():
        changed[stage] = dataclasses.replace(changed[stage], seconds=seconds)
    for stage, rate in asked.rate.items():
        changed[stage] = dataclasses.replace(changed[stage], rate=rate)
    for stage, batch in asked.batch.items():
        changed[stage] = dataclasses.replace(changed[stage], batch=batch)
    return changed


def _workshop(asked: argparse.Namespace) -> Workshop:
    device = _device(asked.device)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True  # every batch has the same shape
    sizes = architecture.TINY if asked.tiny else architecture.FULL
    compiled = device.type == "cuda" and not getattr(asked, "no_compile", True)
    return opened(Options(asked.data, asked.base, device, sizes, asked.seed, asked.workers, compiled))


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise TrainingError("there is no GPU that this build of torch can use; see TORCH in the head of the Makefile")
    return torch.device(name)


def _by_stage(words: str) -> dict[str, float]:
    """``unet=1300,clip=150``."""
    try:
        found = {name: float(number) for name, _, number in (each.partition("=") for each in words.split(","))}
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is not of the form unet=1300,clip=150") from None
    _stages(",".join(found))
    if any(not 0 < number < float("inf") for number in found.values()):
        raise argparse.ArgumentTypeError("each number has to be above 0")
    return found


def _batches(words: str) -> dict[str, int]:
    """``unet=512,clip=1024``."""
    found = _by_stage(words)
    if any(not number.is_integer() for number in found.values()):
        raise argparse.ArgumentTypeError("each number has to be whole")
    return {stage: int(number) for stage, number in found.items()}


def _stages(words: str) -> tuple[str, ...]:
    """In the order in which they build on each other, whatever the order of the words."""
    asked = words.split(",")
    if unknown := [each for each in asked if each not in plan.NAMES]:
        raise argparse.ArgumentTypeError(f"no such stage: {', '.join(unknown)}; there are {', '.join(plan.NAMES)}")
    return tuple(name for name in plan.NAMES if name in asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.starter.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("collect", help="make the folder of the pictures from unpacked packages (no network)")
    made.add_argument("--emoji", type=Path, required=True, help="folder of the unpacked packages")
    made.add_argument("--data", type=Path, default=Path("training-data"))
    train = commands.add_parser("train", help="teach one stage after the other")
    _add_common(train)
    _add_train(train)
    _add_common(commands.add_parser("assemble", help="make the folders from carried weights (light/ in --out)"))
    judge = commands.add_parser("evaluate", help="write figures, a card and sheets")
    _add_common(judge)
    judge.add_argument("--scenes", type=int, default=2000, help="to rank captions for")
    judge.add_argument("--prompts", type=int, default=300, help="to draw and judge")
    judge.add_argument("--controlled", type=int, default=64, help="to draw with edges and without")
    judge.add_argument("--steps", type=int, default=20)
    look = commands.add_parser("sheet", help="draw the fixed prompts")
    look.add_argument("--out", type=Path, default=Path("training-out"))
    look.add_argument("--device", default="auto")
    look.add_argument("--steps", type=int, default=20)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("training-data"), help="folder of the pictures")
    parser.add_argument("--out", type=Path, default=Path("training-out"), help="where everything is written")
    parser.add_argument("--base", type=Path, default=starter.folder(), help="pipeline folder with VAE and tokenizer")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--workers", type=int, default=0, help="processes that make scenes; a GPU wants about 13")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tiny", action="store_true", help="tiny networks: to see that everything fits together")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stages", type=_stages, default=plan.NAMES, help="some of unet,polish,clip,control")
    parser.add_argument("--seconds", type=_by_stage, default={}, help="budgets: unet=1300,polish=300,...")
    parser.add_argument("--rate", type=_by_stage, default={}, help="highest learning rates: unet=0.001,...")
    parser.add_argument("--batch", type=_batches, default={}, help="scenes a step: unet=512,...")
    parser.add_argument("--resume", action="store_true", help="go on with the checkpoints in --out")
    parser.add_argument("--start-from", type=Path, help="folder of carried weights (light/unet) for the stage unet")
    parser.add_argument("--leave-after", type=float, metavar="SECONDS", help="save and leave then, unfinished or not")
    parser.add_argument("--no-compile", action="store_true", help="spare the 65 to 85 s of torch.compile on a GPU")


if __name__ == "__main__":
    sys.exit(main())
