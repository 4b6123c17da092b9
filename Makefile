# Accelerator of Good. Two commands matter: make run, make test. "make help" lists the rest.

PYTHON ?= python3
BIN := .venv/bin
# Tests make thousands of small databases: in memory, where there are four gigabytes to spare.
MEMORY := $(shell [ "$$(df --output=avail -BG /dev/shm 2>/dev/null | tr -dc 0-9)" -ge 4 ] 2>/dev/null && echo TMPDIR=/dev/shm)
# Three at a time: on two cores one of them is waiting for a process or a browser.
PYTEST := $(MEMORY) $(BIN)/python -m pytest -n 3 --dist worksteal -q
# What stands or falls with the database runs on PostgreSQL each time, everything else there in the long run,
# and so do all but one of a test's parameters (races have all of them each time).
ON_BOTH := $(addprefix tests/,appeals board deeds desk help live races vault \
  $(addprefix test_,$(addsuffix .py,canary_erasure database health integrity locks migrations)))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run serve test test-long lint format bench translations screenshots lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 16

run: .venv/runtime .venv/words ## Start a demonstration on http://127.0.0.1:8000 (PORT=… HOST=… to change)
	@AOG_MODE=demonstration $(BIN)/flask --app wsgi serve

serve: .venv/runtime .venv/words ## Start for real (see the README, "The operator's first hour")
	@$(BIN)/flask --app wsgi serve

test: .venv/develop .venv/words .venv/chromium lint ## Everything that CI runs: lint, types, tests on SQLite and PostgreSQL, a real browser
	$(PYTEST) tests -m "not slow"
	$(PYTEST) $(ON_BOTH) -m "not slow" --on postgres --once

test-long: .venv/develop .venv/words .venv/chromium ## What takes longer: hundreds of kills, large state machines, all of it on PostgreSQL
	$(PYTEST) tests -m slow --timeout 3000
	$(PYTEST) tests -m "not browser" --on postgres --timeout 3000

lint: .venv/develop ## Style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/develop ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/develop .venv/words .venv/wrk ## Measure; the table is also in instance/bench/latest.json
	$(BIN)/python -m tests.bench $(ARGS)

translations: .venv/develop ## Bring the catalogues up to date with the code and the templates
	$(BIN)/pybabel -q extract -F accelerator/translations/babel.cfg -k _l -k lazy_gettext --omit-header --sort-output \
	  --add-location=file --no-wrap -o instance/messages.pot accelerator templates
	$(BIN)/pybabel -q update -i instance/messages.pot -d accelerator/translations --no-fuzzy-matching --ignore-obsolete \
	  --ignore-pot-creation-date --no-wrap
	$(BIN)/pybabel -q compile -d accelerator/translations

screenshots: .venv/develop .venv/words .venv/chromium ## Take the README's pictures anew
	$(BIN)/python -m tests.screenshots

lock: .venv/develop ## Pin the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 -c requirements.lock \
	  --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock

clean: ## Remove the virtual environment and caches (the instance folder stays)
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# --- what the targets above stand on; each is made once and again when its source changes -------------

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed. Name it: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { \
	  echo "Installing the module that makes virtual environments"; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv \
	    || { echo "Install python3-venv (or your system's equivalent), then try again."; exit 1; }; \
	  $(PYTHON) -m venv .venv; }
	@touch $@

.venv/runtime: requirements.lock | .venv/python
	@echo "Installing the locked dependencies"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@touch $@

.venv/develop: requirements-dev.lock | .venv/python
	@echo "Installing the locked dependencies for development"
	@$(BIN)/python -m pip install -q --no-compile --require-hashes -r requirements-dev.lock
	@touch $@ .venv/runtime

.venv/words: $(wildcard accelerator/translations/*/LC_MESSAGES/*.po) | .venv/runtime
	@$(BIN)/pybabel -q compile -d accelerator/translations
	@touch $@

.venv/chromium: | .venv/python
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null || { \
	  echo "Installing Chromium for the browser tests"; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null \
	    || { echo "Install chromium, then try again."; exit 1; }; }
	@touch $@

.venv/wrk: | .venv/python
	@command -v wrk >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk >/dev/null \
	    || { echo "Install wrk, then try again."; exit 1; }; }
	@touch $@
