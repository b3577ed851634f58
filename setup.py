"""Package metadata; the settings of the tools stand in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
README = HERE / "README.md"
VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / "segmentation" / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)[1]

RUNTIME = [
    "pydantic>=2.7",  # strict settings with every fault in one report; 2.7 reads attribute docstrings
    "typer>=0.12",  # the command line
    "rich>=13",  # progress of the stages, and the table at the end
    "jinja2>=3.1",  # the report page
    "markupsafe>=2.1",  # what may stand unescaped in the page: our own charts
    "matplotlib>=3.8",  # the charts
    "scikit-learn>=1.5",  # KMeans of the sweep's sample, many starts in the time MLlib takes for one
    "scipy>=1.11",  # distances of that sample
    "threadpoolctl>=3.1",  # one thread a fit, so that fits repeat to the last bit
    "numpy>=1.26",  # measures and profiles over what is already collected and small
    "pandas>=2.2,<3",  # tables for the charts; Spark 4.2 does not fully support 3
    "pyyaml>=6",  # settings files
    "fsspec>=2024.2",  # small files beside the tables, on any file system
    "pyarrow>=18",  # Parquet schemas that Spark cannot read by itself; 18 is what Spark 4.2 wants
]

EXTRAS = {
    # Not among the needs above: a cluster brings its own Spark, and installing another over it breaks it.
    "spark": [
        "pyspark>=4.0,<4.3",  # what Databricks 17.3 LTS to 19 run
    ],
    "connect": [
        "pyspark[connect]>=4.0,<4.3",  # a client of Spark Connect
    ],
    "compare": [
        "minisom>=2.3",  # the self-organising map of `segmentation compare`
    ],
    "mlflow": [
        "mlflow-skinny>=3",  # `segmentation track`; the client alone
    ],
    "test": [
        "pytest>=8",  # runs the tests
        "pytest-timeout>=2.3",  # a test that hangs ends with a stack, not with the build's patience
        "pytest-xdist>=3.6",  # a Spark session waits more than it works: two side by side take half the time
        "chispa>=0.11",  # compares DataFrames, and shows where they differ
        "hypothesis>=6.100",  # properties that hold for any input
        "duckdb>=1.1",  # the second opinion on every figure; reads the tables as an analyst would
        "nbclient>=0.10",  # runs the notebooks
        "nbformat>=5.10",  # reads the notebooks
        "ipykernel>=6.29",  # the kernel they run in
        "playwright>=1.49",  # drives the machine's own Chromium over the page; downloads none
        "axe-playwright-python>=0.1.4",  # brings axe-core, which knows what bars people from a page
        "psutil>=5.9",  # what a process holds on to: memory, open files, threads
        "deltalake>=1.0",  # reads Delta tables without Spark, as others will
        "kafka-python>=2.2",  # sends messages to the broker that a test starts
        "databricks-bundles>=1",  # knows what a job of a bundle may hold
    ],
    "dev": [
        "ruff>=0.9",  # style and order
        "mypy>=1.14",  # types
        "pandas-stubs>=2.2,<3",  # types of pandas; as far as the pandas they describe
        "types-PyYAML>=6",  # types of pyyaml
        "build>=1.2",  # the wheel
        "pip-audit>=2.7",  # known faults of dependencies: `make audit`
    ],
    "bench": [
        "duckdb>=1.1",  # a peer: one machine, no Spark
        "psutil>=5.9",  # memory and processor time of each contestant
    ],
}

setup(
    name="segmentation",
    version=VERSION,
    description="Customer segmentation on Spark: a transaction log in, published segment tables out",
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    packages=find_packages(include=["segmentation", "segmentation.*"]),
    package_data={"segmentation": ["*.properties", "*/*.j2", "*/*/*.j2"]},
    python_requires=">=3.11",  # datetime.UTC and typing.Self
    install_requires=RUNTIME,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["segmentation=segmentation.cli:command"]},
    zip_safe=True,  # spark-submit --py-files hands it over as a zip
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Information Analysis",
    ],
)
