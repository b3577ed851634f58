# Needs Python 3.11 or newer and make; everything else is installed here. pyproject.toml configures the tools.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LINES ?= 2000000
ROUNDS ?= 3
SPARK ?= $(shell sed -n 's/^pyspark==//p' constraints.txt)
DEMO_LOG := output/demo_log
DEMO_READY := $(DEMO_LOG)/.ready
WITH_JAVA := sh scripts/java.sh
WITH_BROWSER := sh scripts/browser.sh
# Each worker has a Spark session of about 2 GiB. Tests of one file, and of some folders, share a session (tests/conftest.py).
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# A Spark or Python path in the environment would take precedence over the pinned one.
unexport SPARK_HOME SPARK_CONF_DIR PYTHONPATH

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help venv java demo test test-all test-connect test-spark test-quick lint format audit wheel bench clean

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

venv: $(READY) ## Prepare .venv from the pinned constraints

$(READY): setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + "; name another with PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	sed 's/^pyspark==.*/pyspark==$(SPARK)/' constraints.txt > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(VENV)/constraints.txt -e '.[spark,connect,compare,mlflow,test,dev,bench]'
	@touch $@

java: ## Check for Java 17 or newer; as root on Debian and Ubuntu, install it
	@$(WITH_JAVA)

demo: java venv $(DEMO_READY) ## Generate a log of 200,000 lines and segment its customers
	$(WITH_JAVA) $(BIN)/segmentation segment --config conf/demo.yaml

# The stamp is written last: an incomplete log has none, and is generated again.
$(DEMO_READY): | $(READY)
	rm -rf $(DEMO_LOG)
	$(WITH_JAVA) $(BIN)/segmentation generate --lines 200000 --seed 7 --output $(DEMO_LOG)
	@touch $@

test: java lint ## Check style and types, then run every test but those that take many minutes
	$(WITH_JAVA) $(WITH_BROWSER) $(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-all: java lint ## Check style and types, then run every test, including those that take many minutes
	$(WITH_JAVA) $(WITH_BROWSER) $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m ""

test-connect: java venv ## Run the tests of the jobs again, as clients of Spark Connect
	SEGMENTATION_TEST_REMOTE='local[2]' $(WITH_JAVA) $(BIN)/python -m pytest tests/pipeline tests/analyses tests/fitted tests/incremental tests/comparison tests/erasure -m "not slow and not real_data and not exhaustive"

test-spark: ## Run the quick tests, and all of streams and Delta tables, with another Spark in its own venv: make test-spark SPARK=4.0.0
	$(MAKE) test-quick VENV=.venv-spark-$(SPARK) SPARK=$(SPARK)
	$(WITH_JAVA) .venv-spark-$(SPARK)/bin/python -m pytest $(SIDE_BY_SIDE) -m "slow and not exhaustive" tests/stream tests/publish/test_delta_logs.py

test-quick: java venv ## Run the tests that are not slow and do not read real data
	$(WITH_JAVA) $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not real_data and not exhaustive"

lint: venv ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: venv ## Format the code, and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

audit: venv ## Check every pinned dependency for known vulnerabilities
	$(BIN)/python scripts/audit_dependencies.py

wheel: venv ## Build dist/*.whl, and dist/segmentation.zip for spark-submit --py-files
	rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist .
	cp dist/segmentation-*.whl dist/segmentation.zip

bench: java venv ## Benchmark this job and its alternatives: make bench LINES="2000000 20000000" ROUNDS=3
	$(WITH_JAVA) $(BIN)/python benchmarks/run.py --lines $(LINES) --rounds $(ROUNDS)

clean: ## Remove build products and caches, but not .venv and output
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse metastore_db derby.log
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
