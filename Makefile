# `make lint` and `make test` need Python 3.11 or newer, git and make; everything else they install into .venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPILED := $(VENV)/.compiled

# Compiled modules are kept: the tests start hundreds of processes. pytest loads only the plugins that are named, because
# it rewrites all modules of those that it finds.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/python -m pytest -p timeout -p hypothesispytest -q

.DEFAULT_GOAL := help
.PHONY: help lint show-unmanaged check-own test test-all editors test-editors test-installs fuzz fuzz-fixes fuzz-verdicts fuzz-reach faults bench bench-judgement mutants test-catalogues docs site types style clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml lint_plugin/pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable './lint_plugin[all]' --editable . --group dev
	@touch $(STAMP)

# Once for each environment: the workers of the first run would each compile all tests.
$(COMPILED): $(STAMP)
	@$(PYTEST) --collect-only >/dev/null 2>&1 || true
	@touch $(COMPILED)

lint: show-unmanaged check-own ## show what the linter says about examples/unmanaged, then hold our own code to it

show-unmanaged: $(STAMP)
	@echo "== the nine by-hand modules: what is wrong, and what to write"
	@$(BIN)/flake8-naq check examples/unmanaged; test $$? -eq 1

check-own: $(STAMP) style types
	@echo "== our own code: flake8 with every rule on"
	@$(BIN)/flake8 --isolated --select NAQ,NAQ203,NAQ302 src lint_plugin examples/quickstart.py examples/quickstart_jobs.py
	@$(BIN)/flake8-naq check --select NAQ,NAQ203,NAQ302 src lint_plugin examples/quickstart.py examples/quickstart_jobs.py
	@echo "nothing found"

style: $(STAMP) ## ruff
	@$(BIN)/ruff check --quiet src lint_plugin tests benchmarks docs
types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy --no-error-summary

# Many tests wait for a server: more of them at once than there are cores. A worker takes one file after the other, in the
# order of tests/support/slow_first.py.
test: $(COMPILED) ## the whole suite
	@$(PYTEST) -p xdist -n 6 --dist loadfile --no-loadscope-reorder

test-all: ## the whole suite on each Python from 3.11 on that is found, each in a separate environment
	@for minor in 11 12 13 14; do \
		python=$$(ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.$$minor.*/bin/python 2>/dev/null | sort -V | tail -1); \
		python=$${python:-$$(command -v python3.$$minor)} || continue; \
		"$$python" --version || continue; \
		$(MAKE) --no-print-directory test PYTHON="$$python" VENV=.venv-3.$$minor || exit 1; \
	done

# The tests of a program that is not here are skipped.
editors: $(STAMP) ## install the programs that docs/editors.md and the inventory's page are tested with (root on Debian)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group editors
	@apt-get -qq update
	@DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
		neovim emacs-nox elpa-eglot elpa-lsp-mode chromium </dev/null >/dev/null

test-editors: $(STAMP) ## the recipes of docs/editors.md and the inventory's page in the programs that are here
	@$(PYTEST) -rs tests/integration/lint/test_neovim.py tests/integration/lint/test_emacs.py tests/integration/lint/test_inventory_page.py

test-installs: $(STAMP) ## longer: every line of the documents that installs, each workflow and hook, as it is written
	@$(PYTEST) -m installs tests/integration

fuzz: $(STAMP) ## longer: mutated and generated sources, all of site-packages and of Python's own library
	@$(BIN)/python -m pytest -q -n 2 -m fuzz --timeout 1800

fuzz-fixes: $(STAMP) ## longer: 20,000 generated programs run before and after their fix; NAQ_HARMLESS_SEED picks others
	@NAQ_HARMLESS=$${NAQ_HARMLESS:-20000} $(BIN)/python -m pytest -q -n 2 tests/unit/lint/fixer/truth

# 20,000 bodies are drawn; most become two programs, and the systematic ones come on top.
fuzz-verdicts: $(STAMP) ## longer: 50,000 generated programs run, for false alarms; NAQ_TRUTH_SEED picks others
	@NAQ_TRUTH_DRAWN=$${NAQ_TRUTH_DRAWN:-20000} $(BIN)/python -m pytest -q -n 2 --timeout 1800 tests/unit/lint/truth/test_truth.py

fuzz-reach: $(STAMP) ## longer: 50,000 of them over several modules, attributes and owner classes; NAQ_TRUTH_SEED picks others
	@NAQ_TRUTH_DRAWN=$${NAQ_TRUTH_DRAWN:-17000} $(BIN)/python -m pytest -q -n 2 --timeout 1800 tests/unit/lint/truth/test_reach.py

faults: $(STAMP) ## longer: server and worker killed, stalled, full, again and again; prints what was lost
	@$(BIN)/python -m pytest -q tests/integration/naq tests/unit/naq -m faults -rP --timeout 1800

bench: $(STAMP) ## measure, side by side with the alternatives
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/project.py
	@$(BIN)/python benchmarks/library.py
	@$(BIN)/python benchmarks/jobs.py
	@$(BIN)/python benchmarks/rivals.py
	@$(BIN)/python benchmarks/hold.py
	@$(BIN)/python benchmarks/editor.py
	@$(BIN)/python benchmarks/fixes.py

# The peers live in an environment beside the others: semgrep asks for versions of packages that the suite has newer.
JUDGES := $(VENV)-judgement
bench-judgement: $(STAMP) ## precision and recall beside other linters; JUDGEMENT="--seed 2 --size 300 --readme"
	@test -x $(JUDGES)/bin/python || $(PYTHON) -m venv $(JUDGES)
	@$(JUDGES)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(JUDGES)/bin/python -m pip install --quiet --disable-pip-version-check --group judgement
	@$(JUDGES)/bin/python -m pip install --quiet --disable-pip-version-check --group judgement-semgrep \
		|| echo "semgrep has no wheel for this Python and system"
	@PYTHONPATH=benchmarks:tests/unit $(BIN)/python -m judgement.run --peers $(JUDGES)/bin $(JUDGEMENT)

# The libraries live in an environment beside the others: the suite shows that the linter needs none of them.
test-catalogues: $(STAMP) ## longer: hold the catalogues against the installed libraries, forty of them
	@test -x $(VENV)-catalogues/bin/python || $(PYTHON) -m venv $(VENV)-catalogues
	@$(VENV)-catalogues/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(VENV)-catalogues/bin/python -m pip install --quiet --disable-pip-version-check --group catalogues
	@PYTHONPATH=lint_plugin:tests/unit $(VENV)-catalogues/bin/python -m pytest -q --noconftest -p no:cacheprovider \
		--override-ini addopts= --override-ini filterwarnings=default --override-ini timeout=300 --import-mode=importlib \
		tests/unit/lint/catalogue/test_library_facts.py tests/unit/lint/catalogue/test_files_stay_open.py

mutants: $(STAMP) ## change the code at random and count what the tests notice; MUTANTS="--size 100 --seed 2"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutants
	@$(BIN)/python benchmarks/mutants/run.py $(MUTANTS)

docs: $(STAMP) ## write docs/rules, docs/catalogues.md, docs/configuration.md, the README's table
	@$(BIN)/python -m flake8_naq.cli.pages .
	@$(BIN)/python -c "from naq.config import Config; from naq.settings.page import write; write(Config, 'docs/configuration.md')"

# What is shown comes from this site alone: a page that asks another host for a script, style or picture is an error.
site: $(STAMP) ## write the documentation site to build/site; every link is checked
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@$(BIN)/python -m sphinx -q -W --keep-going -E -b html docs build/site
	@! grep -rEn '<(script|link|img|iframe)[^>]* (src|href)="(https?:)?//' build/site --include='*.html'
	@echo "build/site/index.html"

clean: ## remove what the targets made
	rm -rf $(VENV) .venv-3.* $(JUDGES) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
