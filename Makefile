# make setup      make or refresh .venv; .venv/bin/mezzotint is the command
# make demo       draw one picture through the watched folder; its path is the last line
# make test       everything but soak and bench
# make check      lint, format, types, import rules and the fast tests, in about a minute
# make bench      the figures of tests/benchmarks
# make soak       the long runs
# make simulate   let traffic pass in virtual time and draw the waiting times anew, into plots/
# make screens    draw the messages of the Discord bot anew, into plots/discord/
# make train-starter  train the starter model anew, on a machine with a GPU; pipeline/starter/training/README.md says how
# make install-service  install it as a systemd service (root; see systemd/README.md)
# make uninstall-service  take the service away; its state, settings and program stay
# make lock       resolve the requirements anew and write both locks
#
# DATA=training-data   the folder of the pictures, for make train-starter; OUT=training-out is where all is written
# SECONDS=unet=1300,polish=300,clip=150,control=200   how long each stage learns; STAGES=unet,clip names some of them
#                      (more than 30 minutes; unet=900,polish=150,clip=100,control=120 fits into them)
# TRAIN="--leave-after 540"  more arguments of the training, as in python -m pipeline.starter.training train --help
# PYTHON=python3.12    the interpreter that .venv is made with (3.11 or newer)
# TORCH="..."          another build of torch than the locked one for CPUs, as arguments of pip install:
#                      make setup TORCH="torch==2.13.0 --index-url URL-OF-THE-BUILDS-FOR-YOUR-DEVICE"

PYTHON ?= python3
VENV ?= .venv
TORCH ?=
PROJECT ?= --editable .
TESTS ?=
WORKERS ?= 3
DATA ?= training-data
OUT ?= training-out
STAGES ?= unet,polish,clip,control
TRAIN ?=
# Not ?=: some shells have a variable of this name, which counts their own seconds.
SECONDS = unet=1300,polish=300,clip=150,control=200
PREFIX ?= /opt/mezzotint
DESTDIR ?=

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet
PYTEST := $(BIN)/python -m pytest
READY := $(VENV)/.ready
OWN_TORCH := $(VENV)/.own-torch
SPREAD := -n $(WORKERS) --dist loadfile

MAKEFLAGS += --no-print-directory
.PHONY: setup demo test check bench soak simulate screens train-starter install-service uninstall-service clean lock
.DELETE_ON_ERROR:

setup: $(READY)

# Who names a build of torch wants it now, whatever was installed before.
ifneq ($(strip $(TORCH)),)
.PHONY: $(READY)
endif

$(READY): requirements.lock torch.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mezzotint needs Python 3.11 or newer: name one with PYTHON=")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
ifneq ($(strip $(TORCH)),)
	$(INSTALL) --upgrade $(TORCH)
	@touch $(OWN_TORCH)
else
	@test -e $(OWN_TORCH) || $(INSTALL) --no-deps --require-hashes -r torch.lock || { \
		echo 'The locked build of torch does not fit this machine or could not be fetched.' >&2; \
		echo 'Another one: make setup TORCH="torch==2.13.0 --index-url URL"; see the head of the Makefile.' >&2; exit 1; }
endif
	$(INSTALL) --no-deps --require-hashes -r requirements.lock
	@rm -rf build
	$(INSTALL) --no-deps --no-build-isolation $(PROJECT)
	@touch $@

demo: setup
	@$(BIN)/python demo/run.py

test: setup
	$(PYTEST) $(SPREAD) $(TESTS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) $(SPREAD) -q -m "not slow and not engine and not soak and not bench" $(TESTS)

bench: setup
	$(PYTEST) -m bench -s $(or $(TESTS),tests/benchmarks)

soak: setup
	$(PYTEST) -m soak $(TESTS)

simulate: setup
	PYTHONPATH=tests $(BIN)/python -m simulation.plots plots

screens: setup
	PYTHONPATH=tests $(BIN)/python -m support.discord_view.screens plots/discord

# Goes on where an earlier run stopped. What is unfinished when it has to leave ends the recipe with status 3, make itself with 2.
train-starter: setup
	$(BIN)/python -m pipeline.starter.training train --data $(DATA) --out $(OUT) --stages $(STAGES) \
		--seconds $(SECONDS) --device cuda --workers 13 --resume $(TRAIN)
	$(BIN)/python -m pipeline.starter.training sheet --out $(OUT) --device cuda
	@if test -d $(OUT)/starter/clip; then \
		$(BIN)/python -m pipeline.starter.training evaluate --data $(DATA) --out $(OUT) --device cuda; \
	else echo 'Not evaluated: that needs the stage clip.'; fi

# As root: the project in $(PREFIX), its user, its unit. Nothing is started; systemd/README.md says how to go on.
# -W: what is installed there is a copy, so that it is installed anew each time, whether or not a lock has changed.
# With DESTDIR= (for a package, or to look at it first) everything but the program goes below that directory, without root.
install-service:
ifeq ($(strip $(DESTDIR)),)
	@test "$$(id -u)" = 0 || { echo 'make install-service needs root' >&2; exit 1; }
	@$(MAKE) -W pyproject.toml setup VENV=$(PREFIX) PROJECT=.
endif
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh systemd/install.sh install

uninstall-service:
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh systemd/install.sh uninstall

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis demo-state
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

lock: setup
	LOCK_WITH="$(BIN)/pip-compile" sh requirements.sh
