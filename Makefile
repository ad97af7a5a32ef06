# make lab   sets everything up and opens JupyterLab on the course
# make test  sets everything up and passes the tests, notebooks included
# Overrides: PYTHON (interpreter to build on), VENV, TORCH, TORCH_INDEX; see .ci/setup.py

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
export VENV
# In a container one is root, and JupyterLab wants that to be said.
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)
# Tiny tensors: one thread per process is fastest, and the tests run in two processes.
test notebooks bench: export OMP_NUM_THREADS = 1

.PHONY: lab test lint format notebooks bench clean setup setup-test python

lab: setup
	$(BIN)/jupyter lab $(AS_ROOT) notebooks/00_start_here.ipynb

test: setup-test lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Runs every notebook and writes back the small, stable outputs that are committed.
notebooks: setup-test
	$(BIN)/python -m tests.notebook_tools

bench: setup-test
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) build dist artifacts .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

setup: python
	$(PYTHON) .ci/setup.py

setup-test: python
	$(PYTHON) .ci/setup.py test browser

python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found."; \
	echo "Remedy: install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; }
