# The words of the house. Every word sets up what it needs; `make demo` and `make test` are enough to begin.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
JOBS   ?= 2

.PHONY: demo test test-long check fix bench libraries docs clean help

help:            ## list the words
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)   ## the main job on a simulated market, offline: out/note.html
	$(BIN)/rongheng demo --out out

test: $(STAMP)   ## the default tests
	$(BIN)/python -m pytest -n $(JOBS) -q

test-long: $(STAMP)  ## the tests that take long, and the laws on examples of their own
	HYPOTHESIS=anew $(BIN)/python -m pytest -n $(JOBS) -q -m long
	HYPOTHESIS=anew $(BIN)/python -m pytest -n $(JOBS) -q -k "laws or agreement"

check: $(STAMP)  ## format, lint, types, floors, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

fix: $(STAMP)    ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

BENCH := bench/.venv
PRICELIB := bench/.venv-pricelib
bench: $(BENCH)/.installed $(PRICELIB)/.installed  ## every benchmark, beside its peers; make bench ONLY=marks runs one
	$(BENCH)/bin/python -m bench $(ONLY)

$(BENCH)/.installed: pyproject.toml constraints.txt bench/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet -c constraints.txt -r bench/requirements.txt -e .
	@touch $@

$(PRICELIB)/.installed: bench/pricelib.txt
	$(PYTHON) -m venv $(PRICELIB)
	$(PRICELIB)/bin/pip install --quiet -r bench/pricelib.txt
	@touch $@

LIBRARIES := .venv-libraries
libraries: $(LIBRARIES)/.installed  ## the tests that call AKShare and Tushare themselves, in a folder of their own
	$(LIBRARIES)/bin/python -m pytest -q -m long tests/market/sources/libraries

$(LIBRARIES)/.installed: pyproject.toml constraints.txt tests/market/sources/libraries/requirements.txt
	$(PYTHON) -m venv $(LIBRARIES)
	$(LIBRARIES)/bin/pip install --quiet -c constraints.txt -r tests/market/sources/libraries/requirements.txt -e '.[dev]'
	@touch $@

docs: $(STAMP)   ## write the generated reference pages anew
	$(BIN)/python docs/generate.py

clean:           ## remove what the words have made
	rm -rf $(VENV) $(BENCH) $(PRICELIB) $(LIBRARIES) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
