# specviz. `make app` and `make test` set up whatever they need on a fresh machine.
PYTHON  ?= python3
VENV    ?= .venv
ADDRESS ?=
PORT    ?= 8501
WATCH   ?= none
JOBS    ?= 2
ARGS    ?=

export VENV
BIN   := $(VENV)/bin
SETUP := tools/setup.sh pyproject.toml constraints.txt
SERVE  = $(if $(CI),--headless) $(if $(ADDRESS),--address $(ADDRESS))

.DEFAULT_GOAL := help
.PHONY: help setup app notebooks test browser sweep check format course bench gpu-check clean clean-all

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  options: PYTHON=python3.12  ADDRESS=0.0.0.0 PORT=8501 WATCH=auto (app)  ARGS='-k tree' (test, bench, gpu-check)  JOBS=0 (test: one process; else two)"

$(VENV)/.specviz-app: $(SETUP)
	@tools/setup.sh app $(PYTHON)
	@touch $@

$(VENV)/.specviz-dev: $(SETUP)
	@tools/setup.sh dev $(PYTHON)
	@touch $@ $(VENV)/.specviz-app

setup: $(VENV)/.specviz-dev ## environment, packages, browser: all that the other targets need
	@$(BIN)/python tools/browser.py

app: $(VENV)/.specviz-app ## open the web app in your browser
	$(BIN)/specviz app --port $(PORT) --watch $(WATCH) $(SERVE)

notebooks: $(VENV)/.specviz-app ## open the tutorial's notebooks in JupyterLab
	$(BIN)/jupyter lab --LabApp.news_url="" --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --notebook-dir=notebooks $(if $(CI),--no-browser)

test: $(VENV)/.specviz-dev browser ## run every test, the browser tests among them
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

browser: $(VENV)/.specviz-dev
	@[ "$(SPECVIZ_NO_BROWSER)" = 1 ] || $(BIN)/python tools/browser.py || true

sweep: $(VENV)/.specviz-dev ## every model family of transformers, small and random, against its own greedy text; ARGS='llama gpt2' for some
	$(BIN)/python -m tests.model.sweep $(ARGS)

check: $(VENV)/.specviz-dev ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.specviz-dev ## repair what the linter can repair, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

course: $(VENV)/.specviz-dev ## write notebooks/ anew from tutorial/
	$(BIN)/python tools/notebooks.py

bench: $(VENV)/.specviz-app ## measure on this machine, beside transformers
	$(BIN)/specviz bench peers $(ARGS)

gpu-check: $(VENV)/.specviz-dev ## with a CUDA card: the gpu tests and the shapes of an 8 B pair, as one file in benchmarks/results/gpu
	$(BIN)/python tools/gpu_check.py $(ARGS)

clean: ## remove what tests and builds left behind
	rm -rf build dist test-artifacts .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find specviz app tutorial tests tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

clean-all: clean ## ... and the environment
	rm -rf $(VENV)
