# make demo and make test do all set-up themselves, on a fresh Debian 12 or 13 with python3 and make.
ifndef BESIDE
.NOTPARALLEL:
endif
.PHONY: help demo test check docs bare bench nightly needs-root setup-demo setup-docs setup-check setup-test

BIN := .venv/bin
# As typed: make takes the $ of a file name for a variable where it hands CLIPS on by itself
export DEMO_CLIPS := $(value CLIPS)
unexport CLIPS
# Tests start thousands of commands: without bytecode each compiles a hundred modules first
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo    from raw clips to a verified disc file: CLIPS=\"a.mp4 'my clips/b.mp4' shift1/*.mp4\", or none"
	@echo "make test    everything that is checked: check, docs, bare, every test; as root"
	@echo "make check   format, lint, types, layers, shell scripts, dead code"
	@echo "make docs    the documentation, in docs/_build/html"
	@echo "make bare    make demo, the set-up and some tests in a fresh Debian 12 and 13"
	@echo "make nightly the tests that take minutes, and every property with new examples"
	@echo "make bench   the benchmarks"

needs-root:
	@[ "$$(id -u)" -eq 0 ] || { echo "make: the tests mount small file systems, which only root may do; please run: sudo make test" >&2; exit 1; }

setup-demo:
	@tools/setup.sh demo

setup-docs:
	@tools/setup.sh docs

setup-check:
	@tools/setup.sh check

setup-test:
	@tools/setup.sh test

demo: setup-demo
	@$(BIN)/python tools/demo.py

check: setup-check
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/shellcheck apps/camvault/apps/_box/*.sh tools/*.sh tests/rig/build.sh tests/rig/guest/initrd-init .ci/run
	$(BIN)/python -m tools.dead_code

docs: setup-docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

# As a newcomer has it: in a fresh Debian 12 and 13
bare: setup-test
	@tools/bare_roots.sh

test: needs-root setup-test
	@tools/everything.sh

# What takes minutes, and every test with hypothesis with other examples each time; a failure prints how it is reproduced
nightly: needs-root setup-test
	$(BIN)/python -m pytest -m nightly
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not rig and not nightly" --hypothesis-profile=nightly $$(grep -rl --include='test_*.py' '^from hypothesis\|^import hypothesis' tests)

bench: setup-test
	for benchmark in benchmarks/*.py; do $(BIN)/python "$$benchmark" || exit 1; done
