# make demo and make test do all set-up themselves, on a fresh Debian 12 or 13 with python3 and make.
.NOTPARALLEL:
.PHONY: help demo test check docs bench setup-demo setup-test

BIN := .venv/bin
# As typed: make takes the $ of a file name for a variable where it hands CLIPS on by itself
export DEMO_CLIPS := $(value CLIPS)
unexport CLIPS

help:
	@echo "make demo    from raw clips to a verified disc file: CLIPS=\"a.mp4 'my clips/b.mp4' shift1/*.mp4\", or none"
	@echo "make test    everything that is checked: check, docs, every test"
	@echo "make check   format, lint, types, layers"
	@echo "make docs    the documentation, in docs/_build/html"
	@echo "make bench   the benchmarks"

setup-demo:
	@tools/setup.sh demo

setup-test:
	@tools/setup.sh test

demo: setup-demo
	@$(BIN)/python tools/demo.py

check: setup-test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup-test
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

# One test module of the rig, one of a loop device: what shares a thing stays on one worker (loadgroup)
test: setup-test check docs
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report= --core-coverage=100

bench: setup-test
	for benchmark in benchmarks/*.py; do $(BIN)/python "$$benchmark" || exit 1; done
