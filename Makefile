# Two words do everything: make demo, make test. CONTRIBUTING.md says when to use the others.
PYTHON ?= python3
BIN := .venv/bin
# What a checkout installs: exactly these versions. LOCK= (empty): the newest that pyproject.toml allows.
LOCK ?= requirements-dev.lock
DEV := .venv/dev$(if $(LOCK),,-newest)
# make lock takes the newest versions; with UPGRADE= (empty) it changes only what pyproject.toml made necessary.
UPGRADE ?= --upgrade
.DEFAULT_GOAL := help
# What else pytest is told, as CI does: make test PYTEST_OPTIONS=--durations=30
PYTEST_OPTIONS ?=
.PHONY: help demo serve unit test lint format check coverage shell migration translations language lock hooks clean

help: ## This list
	@echo "newsletter: an evening newsletter, from feeds to inboxes"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo "  make demo FEEDS=\"https://example.org/feed.xml saved-feeds/\"   the demo on feeds of yours"

demo: .venv/demo ## The whole evening once, into a mail catcher (FEEDS="address-or-file …" for yours)
	@$(BIN)/newsletter demo $(FEEDS)

serve: .venv/demo ## All of it, staying up: pages, worker, beat, engines, mail catcher; Ctrl-C ends it
	@$(BIN)/newsletter serve --all

unit: $(DEV) ## The tests that start no process: seconds, for each change
	@$(BIN)/python -m pytest -n auto -m unit $(PYTEST_OPTIONS)

test: $(DEV) ## Every test, on real PostgreSQL, Redis, SMTP, a browser and proxies
	@sh .ci/tools
	@$(BIN)/python -m pytest -n auto $(PYTEST_OPTIONS)

lint: $(DEV) ## Lint, format, types and import contracts: a minute, and no test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV) ## Write the code as ruff formats it, and mend what it can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: test lint ## What CI runs: the tests, then lint

coverage: $(DEV) ## Every test, and the lines that none of them ran
	@$(BIN)/python -m pytest -n auto --cov=newsletter --cov-report=term-missing:skip-covered

shell: .venv/demo ## A Python prompt with the settings, the ports and the store of this checkout
	@$(BIN)/python .ci/shell.py

migration: $(DEV) ## A migration for what you changed in the models: make migration NAME=story_note
	@$(BIN)/python .ci/migration.py $(NAME)

# All sentences for readers, as pyproject.toml says where to look for them.
EXTRACT := $(BIN)/pybabel -q extract -F pyproject.toml --ignore-dirs '.*' --add-location file \
  --project newsletter --version mail-and-pages -o .venv/newsletter.pot .

translations: $(DEV) ## Bring the catalogues up to date with the sentences in code and templates
	@$(EXTRACT)
	@$(BIN)/pybabel -q update -i .venv/newsletter.pot -d newsletter/locales -D newsletter \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/python -m pytest -q tests/guards/test_catalogues.py

language: $(DEV) ## Begin the catalogue of a language: make language LANGUAGE=ckb
	@test -n "$(LANGUAGE)" || { echo "Name the language: make language LANGUAGE=ckb"; exit 2; }
	@test ! -e newsletter/locales/$(LANGUAGE) || { echo "It has a catalogue."; exit 2; }
	@$(EXTRACT)
	@$(BIN)/pybabel -q init -i .venv/newsletter.pot -d newsletter/locales -D newsletter -l $(LANGUAGE)

lock: .venv/uv pyproject.toml ## The lock files anew, with the newest versions that pyproject.toml allows
	@sh .ci/lock $(UPGRADE)

hooks: $(DEV) ## Have git check each commit: lint, format, types
	@$(BIN)/pre-commit install

clean: ## Remove what was installed and built here; asks before it deletes the database in .data
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@sh .ci/clean "$(DATABASE)"

.venv/python:
	@$(PYTHON) -c '' 2>/dev/null || \
	  { echo "$(PYTHON) cannot be run. Name a Python from 3.11 on: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv || \
	  { echo "No virtual environment could be made. On Debian: apt-get install python3-venv"; exit 2; }
	@touch $@

.venv/demo: .venv/python pyproject.toml $(LOCK)
	@$(BIN)/python .ci/install.py "Installing into .venv" $(LOCK:%=--versions-of %) --editable '.[embedded]'
	@touch $@

.venv/dev: .venv/python pyproject.toml $(LOCK)
	@$(BIN)/python .ci/install.py "Installing the libraries and the tests' tools into .venv" --require-hashes --requirement $(LOCK)
	@$(BIN)/python .ci/install.py "Installing newsletter into .venv" --no-deps --no-build-isolation --editable .
	@rm -f $@-newest
	@touch .venv/demo $@

.venv/dev-newest: .venv/python pyproject.toml
	@$(BIN)/python .ci/install.py "Installing the newest libraries into .venv" --upgrade --upgrade-strategy eager --editable '.[dev]'
	@rm -f .venv/dev
	@touch .venv/demo $@

.venv/uv: .venv/python
	@$(BIN)/python .ci/install.py "Installing uv into .venv" 'uv>=0.5'
	@touch $@
