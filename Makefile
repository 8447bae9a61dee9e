# Two commands: `make demo` trains a Korean-English translator and tries it; `make test` runs the tests. `make test-oldest`
# runs them with the oldest versions of all packages that pyproject.toml allows. `make wheel-check` builds the wheel and uses it in a
# new environment. `make fuzz MINUTES=30` and `make soak`
# look for bugs with random input, see tests/fuzz/README.md.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
MODEL = models/phrases
# The format web needs a vocabulary of the type unigram.
PAGE_MODEL = models/phrases_unigram
PAGE = build/page
FUZZ = PYTHONPATH="$(CURDIR):$(CURDIR)/tests" $(BIN)/python -m
# Files of tests in two processes; most of the time TensorFlow uses one core.
IN_PARALLEL = -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo page test test-all test-cluster test-oldest lint types docs docs-serve pictures bench release-check fuzz fuzz-planted soak wheel-check clean

demo: $(MODEL)/model.weights.h5
	$(BIN)/python training/evaluate_phrases.py $(MODEL)

$(MODEL)/model.weights.h5: keras_transformer/recipes/bundled/phrases.toml | $(VENV)/installed
	rm -rf $(MODEL)
	$(BIN)/keras-transformer train phrases --output $(MODEL)

# A page that translates in the browser. Needs npm. Trains a model first.
page: $(PAGE_MODEL)/model.weights.h5
	rm -rf $(PAGE)
	$(BIN)/keras-transformer export $(PAGE_MODEL) --format web --quantize int8 --output $(PAGE)
	@echo "Serve it: $(BIN)/python -m http.server --directory $(PAGE)"

$(PAGE_MODEL)/model.weights.h5: keras_transformer/recipes/bundled/phrases.toml | $(VENV)/installed
	rm -rf $(PAGE_MODEL)
	$(BIN)/keras-transformer train phrases --set vocabulary.model_type=unigram --set vocabulary.size=1000 --output $(PAGE_MODEL)

test: $(VENV)/installed-for-tests lint types
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not slow and not cluster"

test-all: $(VENV)/installed-for-tests lint types
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not cluster"

# Tests with Ray, SLURM (installed by apt-get, as root) and the schemas of Kubernetes. One process, because tests start clusters.
test-cluster: $(VENV)/installed-for-clusters
	$(BIN)/python -m pytest -m cluster

test-oldest: $(VENV)-oldest/installed-for-tests
	$(VENV)-oldest/bin/python -m pytest $(IN_PARALLEL) -m "not slow and not cluster" -W ignore::DeprecationWarning

wheel-check: $(VENV)/installed-for-tests
	.ci/wheel-check $(BIN)/python

fuzz: $(VENV)/installed-for-tests
	$(FUZZ) fuzz --minutes $(or $(MINUTES),5) $(SEED:%=--seed %) $(PROPERTY:%=--property %) $(CASES:%=--cases %)

fuzz-planted: $(VENV)/installed-for-tests
	$(FUZZ) fuzz.plant_all

soak: $(VENV)/installed-for-tests
	$(FUZZ) fuzz.soak --minutes $(or $(MINUTES),10)

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-for-tests
	$(BIN)/mypy

# The pages as a site in build/site/html. Warnings are errors, and every link is checked.
docs: $(VENV)/installed-for-docs
	$(BIN)/python docs/make_site.py

docs-serve: $(VENV)/installed-for-docs
	$(BIN)/python docs/make_site.py --serve

# The pictures of README.md. The one of the page that explains a translation needs Chromium.
pictures: $(MODEL)/model.weights.h5
	$(BIN)/python -m pip install --quiet --editable ".[plots]"
	$(BIN)/python docs/make_pictures.py $(MODEL)

# Trains two models (about 15 minutes on two cores) and compares quality and sizes with benchmarks/release_figures.json.
release-check: $(VENV)/installed-for-tests
	$(BIN)/python benchmarks/release_check.py

# All benchmarks on the demonstration model, for about an hour. Writes benchmarks/results.md and results.png.
bench: $(MODEL)/model.weights.h5
	$(BIN)/python -m pip install --quiet --editable ".[bench]"
	$(BIN)/python benchmarks/run_all.py $(MODEL)

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-for-tests: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/installed-for-clusters: pyproject.toml | $(VENV)/installed-for-tests
	$(BIN)/python -m pip install --quiet --editable ".[cluster,ray]"
	touch $@

$(VENV)/installed-for-docs: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

# pip always takes the newest versions.
$(VENV)-oldest/installed-for-tests: pyproject.toml
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet uv
	$(VENV)-oldest/bin/uv pip install --quiet --python $(VENV)-oldest/bin/python --resolution lowest-direct --editable ".[test]"
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-oldest $(MODEL) $(PAGE_MODEL) build *.egg-info
