"""The products that most customers bought, and their descriptions."""

from segmentation.analyses.recommendations.purchased_products import top_products

BOUGHT = "customer_id STRING, segment_id INT, order_id STRING, product_id STRING, description STRING"


def test_products_are_named_by_their_most_frequent_description_whatever_is_in_it(spark):
    odd = ['Café "crème" 日本', "=HYPERLINK(1)", "two\nlines"]
    rows = [("c1", 1, "o1", f"P{n}", text) for n, text in enumerate(odd)] + [
        ("c2", 2, "o2", "P0", odd[0]),
        ("c3", 1, "o3", "P0", "A rare name"),
    ]
    rows += [("c4", 1, "o4", "P3", "b"), ("c4", 1, "o4", "P3", "a"), ("c4", 1, "o4", "P4", None)]
    products = top_products(spark.createDataFrame(rows, BOUGHT), 10)
    assert [(product.product_id, product.description) for product in products] == [
        *((f"P{n}", text) for n, text in enumerate(odd)),
        ("P3", "a"),
        ("P4", None),
    ]
    assert products[0].customers == {1: 2, 2: 1}
    assert products[4].label == "P4"
    assert len(top_products(spark.createDataFrame(rows, BOUGHT), 2)) == 2
