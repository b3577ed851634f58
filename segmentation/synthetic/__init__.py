"""A seeded retailer, of any size, whose true customer types are known."""

from segmentation.synthetic.log import planted_types, transaction_log
from segmentation.synthetic.retailer import Retailer

__all__ = ["Retailer", "planted_types", "transaction_log"]
