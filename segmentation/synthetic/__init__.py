"""A seeded retailer, of any size, whose true customer types are known."""

from segmentation.synthetic.log import transaction_log
from segmentation.synthetic.retailer import Retailer
from segmentation.synthetic.truth import planted_types

__all__ = ["Retailer", "planted_types", "transaction_log"]
