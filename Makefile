# make repro: the study, from the shipped samples to the result table.   make test: the quick tests.
# make live:  a small study with samples generated here.                 make test-live: tests on real models.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Every stage and many a test is a process of its own: none compiles again what another has compiled.
export PYTHONDONTWRITEBYTECODE :=
LIVE := .slmmux/live
BOINF := .slmmux/boinf

.PHONY: help repro recompute experiments test fuzz live boinf test-live test-browser screenshots engine ui bench bench-engine pool-size lint lock notebooks clean

help:
	@grep -E '^# make|^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -e 's/^# //' -e 's/:.*##/:/'

# Every library comes from a lock with its version and hash. uv installs in seconds; where it cannot reach the
# index that pip is set up for, pip does it. Both compile the libraries, so that no command has to. The project
# itself is built with the locked setuptools.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
LOCKED = $(UV) --no-deps --require-hashes -r $(1) || $(PIP) --no-deps --require-hashes -r $(1)
ENGINE := $(shell command -v nvidia-smi >/dev/null && echo gpu || echo cpu)

.venv/core: pyproject.toml requirements/installer.lock requirements/core.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements/installer.lock
	$(call LOCKED,requirements/core.lock)
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv/engine: .venv/core requirements/engine-$(ENGINE).lock requirements/torch-cpu.txt
	$(call LOCKED,requirements/engine-$(ENGINE).lock)
	test $(ENGINE) = gpu || $(PIP) --no-warn-conflicts -r requirements/torch-cpu.txt
	touch $@

engine: .venv/engine  ## install vLLM and Ray into .venv

# The core is locked to the versions of the engine on a CPU, so that installing the engine changes no library.
LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
CORE_EXTRAS = --extra study --extra test --extra notebooks --extra browser

lock:  ## renew every lock of requirements/ with the newest versions that pyproject.toml allows
	test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(PIP) --require-hashes -r requirements/installer.lock; }
	$(LOCK) $(CORE_EXTRAS) --extra cpu --extra ray --overrides requirements/without-torch.txt \
	  pyproject.toml -o requirements/engine-cpu.lock
	$(LOCK) $(CORE_EXTRAS) -c requirements/engine-cpu.lock pyproject.toml -o requirements/core.lock
	$(LOCK) $(CORE_EXTRAS) --extra gpu --extra ray pyproject.toml -o requirements/engine-gpu.lock
	$(LOCK) -c requirements/engine-cpu.lock requirements/installer.in -o requirements/installer.lock

# A downloaded ZIP has no .git, which DVC otherwise asks for.
.dvc/config.local:
	@test -e .git || dvc config --local core.no_scm true

repro: .venv/core .dvc/config.local  ## pull the shipped samples, run the pipeline, print the result
	dvc pull --quiet
	dvc repro
	slmmux track
	python -m analysis answer
	@echo "Where to look next: make ui (MLflow), results/report/report.png, results/, notebooks/"

recompute: .venv/core .dvc/config.local  ## run every stage that asks no engine again, whatever the cache holds, and compare
	dvc pull --quiet
	$(BIN)/python -m scripts.recompute

# Gains and changed parameters alone: DVC otherwise shows a column for every parameter, file and number.
experiments: .venv/core .dvc/config.local  ## the gains of every experiment of `dvc exp run`, a row each
	dvc exp show --no-pager --only-changed --drop 'Created|(data|results|slmmux|analysis)/|.*[.](slm_mux|self_consistency|same_total|tokens)'

# Three at a time fill two cores, since some tests wait for servers and time limits.
test: .venv/core  ## the quick tests, without an engine
	$(BIN)/python -m pytest -n 3 --dist worksteal

fuzz: .venv/core  ## 20,000 malformed inputs for every parser, others each time: some minutes
	FUZZ_INPUTS=$${FUZZ_INPUTS:-20000} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} $(BIN)/python -m pytest tests/fuzz

live: .venv/engine  ## a small study with freshly generated samples, in a worktree of its own
	git worktree prune
	test -d $(LIVE) || git worktree add --quiet --force --detach $(LIVE)
	cd $(LIVE) && git checkout --quiet --force --detach "$$(git -C $(CURDIR) rev-parse HEAD)"
	cd $(LIVE) && slmmux compose live
	cd $(LIVE) && MLFLOW_TRACKING_URI="$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" dvc repro
	cd $(LIVE) && python -m analysis answer
	@echo "Results: $(LIVE)/results, first results/report/report.png there. Samples: $(LIVE)/data/samples."
	@echo "Runs: make ui. The shipped results of this folder are as they were."

test-live: .venv/engine  ## tests that need the engine and a real small model
	$(BIN)/python -m pytest -m engine

# Their samples were published without a licence: only figures and accuracies leave the worktree.
boinf: .venv/core  ## pools of published reasoning models, from local/published/boinf or their repository: docs/boinf
	git worktree prune
	test -d $(BOINF) || git worktree add --quiet --force --detach $(BOINF)
	cd $(BOINF) && git checkout --quiet --force --detach "$$(git -C $(CURDIR) rev-parse HEAD)"
	ln -sfn $(CURDIR)/local $(BOINF)/local
	cd $(BOINF) && slmmux compose boinf && dvc repro pays_page@all
	mkdir -p docs/boinf && cp $(BOINF)/results/pays/*.png docs/boinf/
	{ printf '# When does it pay? On reasoning models\n\nThe page [When does it pay?](../when_does_it_pay.md) on published samples of reasoning models of 4 to 32 billion\nparameters on MATH-500, GPQA diamond and AIME. The samples have no licence and are not shipped.\n\n'; \
	  sed 's#../results/pays/##' $(BOINF)/results/pays/when_does_it_pay.md; } > docs/boinf/README.md

# Playwright drives the system's Chromium; it downloads no browser.
.venv/browser: .venv/core
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "no chromium, and apt-get could not install it: install the package chromium" >&2; exit 1; }
	touch $@

test-browser: .venv/browser  ## tests that look at MLflow's pages in a browser
	$(BIN)/python -m pytest -m browser

screenshots: .venv/browser  ## pictures of MLflow's pages with the shipped results, into docs/screenshots
	dvc pull --quiet
	SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -m browser

ui: .venv/core  ## browse the runs; the link that is printed opens them sorted by accuracy
	slmmux track
	mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}"

bench: .venv/core  ## speed of the exact evaluator and of grading, as ratios
	dvc pull --quiet
	$(BIN)/python -m scripts.bench
	$(BIN)/python -m scripts.bench_grading

bench-engine: .venv/engine  ## steps and tokens/s of generation, as ratios to vLLM's own loop
	$(BIN)/python -m scripts.bench_engine

pool-size: .venv/core  ## up to which pool the search is exhaustive, on simulated votes: some minutes
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m scripts.pool_size

notebooks: .venv/core  ## run the notebooks and keep their outputs
	dvc pull --quiet
	MPLBACKEND=agg $(BIN)/python -m scripts.run_notebooks

lint: .venv/core  ## style and types
	$(BIN)/ruff check slmmux analysis scripts tests
	$(BIN)/ruff format --check slmmux analysis scripts tests
	$(BIN)/mypy

clean:  ## remove what can be made again, not the finished samples
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
