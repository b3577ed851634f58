"""Customer segmentation on Spark: a transaction log in, published segment tables out."""

__version__ = "0.1.0"
