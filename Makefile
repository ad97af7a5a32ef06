# make lab   sets everything up and opens JupyterLab on the course
# make test  sets everything up and passes the tests, notebooks included
# make lecture, slides, answers, figures, class-summary FILES=folder, grade FILES=folder:
#   for instructors; see INSTRUCTORS.md
# Each sets up and then calls the command `dqn-lessons`, which needs no make.
# Overrides: PYTHON (interpreter to build on), VENV, TORCH, TORCH_INDEX; see .ci/setup.py.
# For lab and lecture, FOLDER (where your notebooks are) and PROGRESS (a file); see README

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN = $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
COURSE = $(BIN)/python -m dqn_classroom
export VENV
# Tiny tensors: one thread per process is fastest, and the tests run in three processes.
notebooks slides book soak bench: export OMP_NUM_THREADS = 1

.PHONY: lab lecture slides book answers figures class-summary grade test soak lint format \
	notebooks bench clean \
	setup setup-test setup-docs setup-slides python

lab lecture: setup
	$(COURSE) $@ $(if $(FOLDER),--folder "$(FOLDER)") $(if $(PROGRESS),--progress "$(PROGRESS)")

# Offline HTML slides of every lesson, in slides/.
slides: setup-slides
	$(COURSE) slides

# The course as a site, in docs/build/book; what was run is kept, and runs again when it changes.
book: setup-docs
	$(COURSE) book

# Counts a class from the files in a folder, or runs its exercises again: make grade FILES=folder
class-summary grade: setup
	@test -n "$(FILES)" || { echo "FILES is not set."; \
	echo "Remedy: name the folder with what was handed in: make $@ FILES=folder"; exit 1; }
	$(COURSE) $@ "$(FILES)" $(if $(OUT),--out "$(OUT)")

# Notebooks with every answer, in answers/; the key figures as SVG and PNG, in figures/.
answers figures: setup
	$(COURSE) $@ $(if $(OUT),--out "$(OUT)")

# Lint runs beside the tests and speaks when they are done.
test: setup-test
	@said=$$(mktemp); $(MAKE) --no-print-directory lint >$$said 2>&1 & lint=$$!; \
	$(COURSE) test; tests=$$?; \
	wait $$lint; linted=$$?; echo; cat $$said; rm -f $$said; exit $$((tests || linted))

# Hours: notebooks again and again, bad input, damaged files, every Python.
# PARTS="configs files" for some.
soak: setup-test
	$(BIN)/python -m tests.soak $(PARTS)

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Runs every notebook and writes back the small, stable outputs that are committed.
notebooks: setup-test
	$(BIN)/python -m tests.notebooks.tools

bench: setup-test
	for script in $(filter-out %/jax_dqn.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) build dist artifacts docs/build slides answers figures class-summary grades .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

setup: python
	$(PYTHON) .ci/setup.py

setup-test: python
	$(PYTHON) .ci/setup.py test browser docs slides

setup-docs: python
	$(PYTHON) .ci/setup.py docs

setup-slides: python
	$(PYTHON) .ci/setup.py slides

python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found."; \
	echo "Remedy: install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; }
