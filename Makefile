# Every target sets up .venv by itself. For another build of torch (CUDA, ROCm), name its index:
#   make setup TORCH_INDEX_URL=<index of the torch build you want>
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := src tests
# Two processes, each with whole files, so that what a file's tests share is made once.
BOTH := -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full check bench clean

help:  ## Say what each target does.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY)  ## Make .venv with every pinned package.

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL)) -c constraints.txt torch
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## Make a world, train, ask, and write report.html (about 10 minutes on 2 cores).
	@$(BIN)/nexus demo

test: $(READY)  ## Run style, types, layers and every test but the long campaigns (at most 12 minutes).
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest $(BOTH)

test-full: $(READY)  ## Run every test, long campaigns included (at most 60 minutes).
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest $(BOTH) -m "slow or not slow"

check: $(READY)  ## Check style, types and layers; changes nothing.
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/pyright
	@$(BIN)/lint-imports

bench: $(READY)  ## Print the speed figures, one JSON object a line.
	@$(BIN)/nexus bench data

clean:  ## Remove .venv and caches; runs and data stay.
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
