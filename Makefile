# Two commands for a newcomer: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Processes of the tests. More than two cores' worth: most tests wait for a server half of their time.
WORKERS ?= 4

# Rooms without a socket, a database or a process (tests/support/pure.py sees to it), and what in them is not so. Tests
# that need Node are left out as well.
QUICK := tests/connection tests/chatops tests/doctor tests/commands tests/schedule tests/docs tests/sandbox/rocketchat/chat \
	tests/test_bounds.py tests/test_clock.py tests/test_config.py tests/test_logs.py tests/test_sentences.py \
	tests/test_values.py
NOT_QUICK := tests/chatops/test_store_contract.py

COVERAGE := .coverage

JUDGES := tests/judges/node_modules/.package-lock.json

.PHONY: demo quick coverage mutants crash-matrix fault-matrix simulate two-instances test test-all check docs lock clean bench-rotation judges screenshots

demo: $(VENV)/installed
	$(BIN)/ssobot demo

test: check judges
	$(BIN)/python -m pytest -n $(WORKERS)

# With the full matrices, of which `make test` runs a sample.
test-all: check judges
	$(BIN)/python -m pytest -n $(WORKERS) -m ""

# `kill -9` at every commit and every remote call of every operation, once and twice. The counts are printed at the end.
crash-matrix: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 -m "" tests/system/test_crash_matrix.py

# A failure of every kind at every remote call of `rotate` and `setup`; of `remove`: `make fault-matrix OF=remove`.
OF ?= rotate or setup
fault-matrix: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "" -k "$(OF)" tests/system/test_fault_matrix.py

# Commands, schedules, faults, crashes, clocks and two instances at random, in memory: `make simulate STEPS=100000 SEED=1`.
STEPS := 20000
simulate: $(VENV)/installed-dev
	$(BIN)/python -m tests.support.simulation $(STEPS) $(or $(SEED),1)

# What needs nothing but Python, in seconds: while something is being written.
quick: $(VENV)/installed-dev
	$(BIN)/python -m pytest $(QUICK) $(NOT_QUICK:%=--ignore=%) -m 'not slow and not needs'

# Branches, over the whole suite, twice as slow as without; or over some of it, without a gate:
# `make coverage ROOMS=tests/store`.
coverage: $(VENV)/installed-dev
	rm -rf $(COVERAGE)
	COVERAGE_FILE=$(CURDIR)/$(COVERAGE)/data $(BIN)/python -m coverage run -m pytest -n $(WORKERS) $(ROOMS); \
	tests=$$?; COVERAGE_FILE=$(CURDIR)/$(COVERAGE)/data $(BIN)/python -m coverage combine --quiet && \
	COVERAGE_FILE=$(CURDIR)/$(COVERAGE)/data $(BIN)/python -m coverage report $(if $(ROOMS),--fail-under=0) && exit $$tests

# Small faults, put in on purpose, that no test of the connection and of the commands' grammar finds; an hour at most.
# Those that mean the same as the program are in tools/mutants_equivalent.txt.
# `make mutants MUTANTS='--sample 100 bot/connection/plan.py'`.
mutants: $(VENV)/installed-dev
	$(BIN)/python -m tools.mutants $(MUTANTS)

# Two instances under commands and due schedules, one of them killed in each of 20 rounds; ten minutes at most.
# `make two-instances SEED=7` is another order of the same.
two-instances: $(VENV)/installed-dev
	SSOBOT_TEST_SEED=$(SEED) timeout 600 $(BIN)/python -m pytest -m "" -s -k twenty_rounds tests/system/test_two_instances.py

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

docs: $(VENV)/installed-dev
	$(BIN)/python -m tools.docs

# The README's pictures; needs Chromium.
screenshots: $(VENV)/installed-dev
	$(BIN)/python -m tools.screenshots

bench-rotation: $(VENV)/installed
	$(BIN)/python -m tools.bench_rotation

# The build backend is in the lock too, so nothing is fetched that has no hash.
$(VENV)/installed: requirements-sandbox.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements-sandbox.lock
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# The vendors' own clients and schemas. Without Node, or without its packages, their tests are skipped, and say so.
judges:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(JUDGES) || echo "npm failed: see above"; fi

$(JUDGES): tests/judges/package-lock.json tests/judges/package.json
	npm ci --prefix tests/judges --no-progress
	@touch $@

# Needs uv. The lock names no registry host.
lock:
	$(COMPILE) --extra build -o requirements.lock pyproject.toml
	$(COMPILE) --extra build --extra sandbox -o requirements-sandbox.lock pyproject.toml
	$(COMPILE) --extra build --extra sandbox --extra dev -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) $(COVERAGE) tests/judges/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
