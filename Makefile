# make run    set everything up and open the chat on http://127.0.0.1:8080/
# make test   set everything up and run every test
# make setup  the environment and the sentence encoder alone     make lock  requirements.txt anew from pyproject.toml
# make teach  the encoder our questions anew, from data/nlu (one and a half to three hours on two cores; brings PyTorch in an environment of its own)

PYTHON := .venv/bin/python
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: run test setup teach lock check model browser

run: setup
	$(PYTHON) -m bot serve --demo

# The code is checked while the model learns. A file of tests stays in one process, for its servers and its browser; two
# share the files, the slowest first.
test: browser
	$(MAKE) --jobs 2 check model
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m bot check

model: setup
	$(PYTHON) -m bot train --if-needed

# Builds the encoder only where it is not there, or what it is made from has changed.
setup: .venv/.installed
	$(PYTHON) -m bot encoder build

# Compiled once here: where PYTHONDONTWRITEBYTECODE is set, as in many containers, each start would compile anew.
.venv/.installed: requirements.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python 3.11 .venv
	$(UV) pip sync --quiet --compile-bytecode --python .venv requirements.txt
	touch $@

# The tests of teaching first: hours should not end in a fault.
teach: models/teacher/.installed
	models/teacher/bin/python -m bot encoder build
	models/teacher/bin/python -m pytest tests/encoder/test_teach.py
	models/teacher/bin/python -m bot encoder teach
	models/teacher/bin/python -m bot encoder build

# pip, not uv: on some machines only pip is told where PyTorch for processors lies. What is locked stays as it is:
# a newer setuptools, which pip would bring, takes away what Rasa imports.
models/teacher/.installed: requirements.txt | $(UV)
	$(UV) venv --quiet --allow-existing --seed --python 3.11 models/teacher
	$(UV) pip sync --quiet --python models/teacher requirements.txt
	$(UV) pip freeze --quiet --python models/teacher > models/teacher/locked.txt
	python3 -m pip --python models/teacher/bin/python install --quiet --constraint models/teacher/locked.txt "torch>=2.9"
	touch $@

# uv installs the lock in seconds and does not mind Rasa's upper bound on Python.
.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/python -m pip install --quiet uv

# The browser tests drive Debian's Chromium; the fonts let a person look at their pictures; Pango shapes the printed script.
browser:
	@{ command -v chromium && ldconfig -p | grep libpangoft2; } >/dev/null || { \
	  SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq --no-install-recommends \
	    chromium fonts-noto-core libpangoft2-1.0-0 >/dev/null; }

lock: | $(UV)
	$(UV) pip compile pyproject.toml --extra test --generate-hashes --no-header --no-annotate --quiet -o requirements.txt
