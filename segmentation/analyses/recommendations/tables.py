"""Tables of the recommendations analysis."""

from pyspark.sql import types as T

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import BIGINT, CATEGORY, CUSTOMER_ID, DESCRIPTION, DOUBLE, INT, PRODUCT_ID, SEGMENT_ID, STRING

_PUBLISHED = "where `baskets.use` is true"
_CODES = T.ArrayType(STRING)
_SEGMENT = Column(SEGMENT_ID, INT, "The segment.")
_SHARE = "Share of the segment's customers in the sample, 0 to 1."
_CI_LOW = "Lower bound of the lift (Clopper and Pearson 1934), at 5 % shared among all rows of the table (Bonferroni)."

SEGMENT_PRODUCTS = TableSpec(
    name="segment_products",
    grain="One row for each segment and each of the `baskets.max_products` products that most customers bought.",
    columns=(
        _SEGMENT,
        Column(PRODUCT_ID, STRING, "Product code."),
        Column(DESCRIPTION, STRING, "The product's most frequent description; of equally frequent ones, the first by text.", nullable=True),
        Column("customers", BIGINT, "Customers of the segment in the sample who bought it.", suppressible=True),
        Column("customer_share", DOUBLE, _SHARE, suppressible=True),
        Column(
            "lift",
            DOUBLE,
            "Share of the product among the segment's choices / among all customers' choices; a customer chooses a product once.",
            nullable=True,
        ),
        Column("lift_ci_low", DOUBLE, _CI_LOW, nullable=True),
        Column("rank", INT, "From 1, by lift_ci_low; null where there is not enough evidence that the product is typical.", nullable=True),
    ),
    key=(SEGMENT_ID, PRODUCT_ID),
    published=_PUBLISHED,
    notes="""\
All tables of recommendations count purchases: neither returns nor voided lines. Customers are all of them, or a sample of about
`baskets.sample_size`, chosen by hash.

**Lift** compares shares of choices, not of customers, since customers who buy more buy more of everything. A product is *typical* of a
segment where at least `baskets.min_customers` of its customers bought it, its lift is at least `baskets.min_lift`, and the lower bound
of the lift is above 1. The bound is exact: the lift is also the segment's share of the product's buyers / its share of all choices, and
the bound is that of the first share (Clopper and Pearson 1934), with an error of 5 % divided among all products and segments
(Bonferroni). Of twenty retailers whose customers buy at random, at most one sees any typical product. Ranks follow the bound, so that
three lucky customers don't come first.""",
)

SEGMENT_CATEGORIES = TableSpec(
    name="segment_categories",
    grain="One row for each segment and category, without `other`.",
    columns=(
        _SEGMENT,
        Column(CATEGORY, STRING, "The category."),
        Column("customers", BIGINT, "Customers of the segment in the sample who bought from it.", suppressible=True),
        Column("customer_share", DOUBLE, _SHARE, suppressible=True),
        Column("lift", DOUBLE, "As in segment_products; null where nobody bought from the category.", nullable=True),
        Column("lift_ci_low", DOUBLE, _CI_LOW, nullable=True),
        Column("rank", INT, "From 1, by lift_ci_low; null where there is not enough evidence that the category is typical.", nullable=True),
    ),
    key=(SEGMENT_ID, CATEGORY),
    published=_PUBLISHED,
)

ASSOCIATION_RULES = TableSpec(
    name="association_rules",
    grain="One row for each segment and rule, at most 50 for a segment: orders with the antecedent also hold the consequent.",
    columns=(
        _SEGMENT,
        Column("rank", INT, "From 1, by lift_ci_low."),
        Column("antecedent", _CODES, "One product code, or two where neither product leads to the consequent alone."),
        Column("antecedent_text", STRING, "Their descriptions."),
        Column("consequent", STRING, "Code of the product bought with them."),
        Column("consequent_text", STRING, "Its description."),
        Column("orders", BIGINT, "Orders with all of these products."),
        Column("support", DOUBLE, "Share of the segment's orders in the sample, 0 to 1."),
        Column("confidence", DOUBLE, "Share of the orders with the antecedent, 0 to 1."),
        Column("lift", DOUBLE, "Confidence / the consequent's share of the segment's orders."),
        Column("lift_ci_low", DOUBLE, "Its lower bound, at 5 % shared among all combinations of that many products."),
        Column("expected_lift", DOUBLE, "The lift of unrelated products, which is not 1 since orders differ in size."),
        Column("customers", BIGINT, "All customers of the segment who bought the antecedent and never the consequent.", suppressible=True),
    ),
    key=(SEGMENT_ID, "rank"),
    published=_PUBLISHED,
    notes="""\
MLlib's FP-growth finds frequent sets of products in orders: at most `baskets.max_orders_per_customer` of each customer, chosen by hash,
and none of more than 100 products, which restock a shop. A set needs `baskets.min_orders` orders and a share of `baskets.min_support`.
Large orders hold all kinds of things, so that unrelated products occur together more often than their shares suggest: `expected_lift`
is by how much, from the shares within orders of about one size (1, 2, 3 to 4, 5 to 8 ... products; as in Mantel and Haenszel 1959). The
lift must be at least `baskets.min_lift` times that, and its lower bound above it. Each set gives one rule, that of the highest
confidence. Sets that fewer than `privacy.min_group_size` customers had in one order are left out.""",
)

SEGMENT_RECOMMENDATIONS = TableSpec(
    name="segment_recommendations",
    grain="One row for each segment and rank, up to `baskets.n_recommendations`; where there is less evidence, the last row says so.",
    columns=(
        _SEGMENT,
        Column("rank", INT, "From 1: the best basket, the most typical product, the most typical category, then the next of each."),
        Column("kind", STRING, "Basket, product, category, or none (nothing more to recommend)."),
        Column("recommendation", STRING, "In words."),
        Column(PRODUCT_ID, STRING, "Product to recommend.", nullable=True),
        Column("antecedent", _CODES, "Of a basket: the products that go with it.", nullable=True),
        Column(CATEGORY, STRING, "Category to recommend.", nullable=True),
        Column(
            "customers", BIGINT, "Customers without the product; of a category, customers in the sample who bought from it.", nullable=True
        ),
        Column("share", DOUBLE, "Confidence of the rule, or else customer_share.", nullable=True),
        Column("lift", DOUBLE, "Of the rule, product or category.", nullable=True),
    ),
    key=(SEGMENT_ID, "rank"),
    published=_PUBLISHED,
    notes="""\
Baskets are ordered by customers x confidence: how many would buy if customers without the product were like those with it.
Recommendations for fewer customers than `baskets.min_customers` or `privacy.min_group_size` are left out.""",
)

PRODUCT_RECOMMENDATIONS = TableSpec(
    name="product_recommendations",
    grain="One row for each customer and rank, up to `baskets.n_suggestions`; none where the customer bought all that is recommended.",
    columns=(
        Column(CUSTOMER_ID, STRING, "The customer."),
        Column("rank", INT, "From 1, the best."),
        Column(PRODUCT_ID, STRING, "A product that the customer has not bought; one bought and voided may come again."),
        Column(DESCRIPTION, STRING, "Its description.", nullable=True),
        Column(
            "reason",
            STRING,
            "basket: the customer bought the antecedent of a rule; segment: typical of the segment, or else most bought there.",
        ),
        Column("antecedent", _CODES, "What the customer bought; empty for segment."),
        Column("score", DOUBLE, "Confidence of the rule, or share of the segment's customers who bought the product, 0 to 1."),
    ),
    key=(CUSTOMER_ID, "rank"),
    published=_PUBLISHED,
)
