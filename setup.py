"""Package metadata; pyproject.toml configures the tools."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
README = HERE / "README.md"
VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / "segmentation" / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)[1]

RUNTIME = [
    "pydantic>=2.7",  # strict settings with all errors in one report; 2.7 reads attribute docstrings
    "typer>=0.12",  # the command line
    "rich>=13",  # progress of the stages, and the final table
    "jinja2>=3.1",  # the report page
    "markupsafe>=2.1",  # marks the page's own charts as safe to embed unescaped
    "matplotlib>=3.8",  # the charts
    "scikit-learn>=1.5",  # KMeans on the sample of the sweep: many starts in the time MLlib takes for one
    "scipy>=1.11",  # distances in that sample
    "threadpoolctl>=3.1",  # one thread per fit, so that fits are reproducible to the last bit
    "numpy>=1.26",  # measures and profiles over small collected data
    "pandas>=2.2,<3",  # tables for the charts; Spark 4.2 does not fully support 3
    "pyyaml>=6",  # settings files
    "fsspec>=2024.2",  # small files, on any file system
    "pyarrow>=18",  # Parquet schemas that Spark cannot read by itself; Spark 4.2 needs 18
]

EXTRAS = {
    # Not required above: a cluster brings its own Spark, and installing another one breaks it.
    "spark": [
        "pyspark>=4.0,<4.3",  # the versions of Databricks 17.3 LTS to 19
    ],
    "connect": [
        "pyspark[connect]>=4.0,<4.3",  # a client of Spark Connect
    ],
    "compare": [
        "minisom>=2.3",  # the self-organising map of `segmentation compare`
    ],
    "mlflow": [
        "mlflow-skinny>=3",  # `segmentation track`; only the client
    ],
    "test": [
        "pytest>=8",  # runs the tests
        "pytest-timeout>=2.3",  # ends a test that hangs, with a stack trace
        "pytest-xdist>=3.6",  # a Spark session is mostly idle: two workers take half the time
        "chispa>=0.11",  # compares DataFrames, and shows differences
        "hypothesis>=6.100",  # properties that hold for any input
        "duckdb>=1.1",  # an independent check of every figure; reads the tables as an analyst would
        "nbclient>=0.10",  # runs the notebooks
        "nbformat>=5.10",  # reads the notebooks
        "ipykernel>=6.29",  # the kernel they run in
        "playwright>=1.49",  # tests the page in the machine's Chromium; downloads none
        "axe-playwright-python>=0.1.4",  # axe-core, which checks accessibility
        "psutil>=5.9",  # a process's memory, open files and threads
        "deltalake>=1.0",  # reads Delta tables without Spark
        "kafka-python>=2.2",  # sends messages to the broker of a test
        "databricks-bundles>=1",  # validates the jobs of a bundle
    ],
    "dev": [
        "ruff>=0.9",  # style and import order
        "mypy>=1.14",  # types
        "pandas-stubs>=2.2,<3",  # types of pandas, for the same versions
        "types-PyYAML>=6",  # types of pyyaml
        "build>=1.2",  # the wheel
        "pip-audit>=2.7",  # known vulnerabilities of dependencies: `make audit`
    ],
    "bench": [
        "duckdb>=1.1",  # an alternative without Spark, on one machine
        "psutil>=5.9",  # memory and processor time of each contender
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
    zip_safe=True,  # spark-submit --py-files passes it as a zip
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Information Analysis",
    ],
)
