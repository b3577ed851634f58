"""The retailer's description is strict, and its types fit its catalogue."""

from itertools import pairwise

import pytest
from pydantic import ValidationError

from segmentation.synthetic import Retailer
from segmentation.synthetic.baskets import CATEGORIES, PER_TIER, products
from segmentation.synthetic.orders import MOST_LINES, SIZES
from segmentation.synthetic.retailer import LINES_PER_ORDER, TYPES


@pytest.mark.parametrize("wrong", [{"lines": 999}, {"days": 59}, {"guest_share": 1.0}, {"colour": "red"}, {"seed": "1"}])
def test_an_impossible_setting_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Retailer(**{"lines": 1_000, "seed": 1, **wrong})


def test_a_retailer_cannot_be_changed():
    retailer = Retailer(lines=1_000, seed=1)
    with pytest.raises(ValidationError, match="frozen"):
        retailer.seed = 2


def test_the_types_together_are_all_customers():
    assert sum(planted.share for planted in TYPES) == pytest.approx(1)
    assert Retailer(lines=1_000_000, seed=1).type_bounds[-1] == Retailer(lines=1_000_000, seed=1).customers


def test_the_smallest_retailer_has_customers_of_every_type():
    assert all(start < end for start, end in pairwise(Retailer(lines=1_000, seed=1).type_bounds))


def test_every_category_is_the_favourite_of_one_type():
    assert sorted(name for planted in TYPES for name in planted.favourites) == sorted(CATEGORIES)


def test_an_order_never_has_more_lines_than_a_tier_has_products():
    assert MOST_LINES <= PER_TIER


def test_orders_have_eight_lines_on_average():
    assert {sum(sizes) / len(sizes) for sizes in SIZES} == {LINES_PER_ORDER}


def test_no_two_products_share_an_id_or_a_description():
    catalogue = products()
    assert len(catalogue) == 12 * 60 + 1
    assert len({product.product_id for product in catalogue}) == len(catalogue)
    assert len({product.description for product in catalogue}) == len(catalogue)


def test_the_first_product_stays_what_it_is():
    first = products()[0]
    assert (first.product_id, first.description, first.category, first.unit_price) == (
        "20000",
        "Everyday white mixing bowl",
        "Kitchen",
        2.10,
    )
