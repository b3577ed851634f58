"""How much of what customers did next can be predicted from their features at all: the bound that groups are measured by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from sklearn.ensemble import HistGradientBoostingRegressor

from segmentation.analyses.backtest.outcomes import FOLD, N_FOLDS, OUTCOMES, fold_of
from segmentation.clustering.parallel import parallel_map
from segmentation.schemas import CUSTOMER_ID, named

MAX_CUSTOMERS = 10_000
"""The trees learn from about this many customers."""
_N_PARTS = 5
_TREES = {"max_iter": 100, "learning_rate": 0.05, "max_leaf_nodes": 8, "early_stopping": False}
"""Small and slow to learn. On Online Retail, trees of scikit-learn's default size overfit: they explain half as much of repurchase."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """Outcomes of n customers, and what was predicted for each of them by trees that had not seen them."""

    outcomes: Array  # (n, 3), in the order of OUTCOMES
    predicted: Array  # (n, 3)
    folds: NDArray[np.int64]  # (n,)

    def share(self, outcome: str) -> float:
        """Share of an outcome's variance that the predictions explain (R squared); NaN where all customers did the same."""
        return self._share(outcome, np.ones(len(self.folds), dtype=bool))

    def leave_one_fold_out(self, outcome: str) -> Array:
        """The share without the customers of one fold after the other, shape (folds,); NaN for empty folds."""
        shares = [self._share(outcome, self.folds != fold) for fold in range(N_FOLDS)]
        return np.where(np.isin(np.arange(N_FOLDS), self.folds), shares, np.nan)

    def _share(self, outcome: str, rows: NDArray[np.bool_]) -> float:
        column = OUTCOMES.index(outcome)
        known, predicted = self.outcomes[rows, column], self.predicted[rows, column]
        total = ((known - known.mean()) ** 2).sum() if len(known) else 0.0
        return float(1 - ((known - predicted) ** 2).sum() / total) if total > 0 else float("nan")


def predict_outcomes(customers: DataFrame, features: Sequence[str], seed: int) -> Predictions:
    """Predict each outcome with gradient-boosted trees, cross-validated: they learn from four fifths of the folds, and predict the rest.

    `customers`, at most some ten thousand, have the features and the outcomes. Missing features are a value of their own to trees.
    """
    columns = [named(name).cast("double").alias(str(number)) for number, name in enumerate([*features, *OUTCOMES])]
    rows = customers.select(CUSTOMER_ID, fold_of(seed), *columns).toPandas().sort_values(CUSTOMER_ID)
    values, folds = rows.drop(columns=[CUSTOMER_ID, FOLD]).to_numpy(dtype=np.float64), rows[FOLD].to_numpy(dtype=np.int64)
    known, outcomes = values[:, : len(features)], values[:, len(features) :]

    def predicted(column: int) -> Array:
        return _cross_validated(known, outcomes[:, column], folds % _N_PARTS, seed)

    return Predictions(outcomes, np.column_stack(list(parallel_map(predicted, range(len(OUTCOMES))))), folds)


def _cross_validated(features: Array, outcome: Array, parts: NDArray[np.int64], seed: int) -> Array:
    """What is predicted for each part by trees that learnt from the others; the mean of all where there are no others."""
    predicted = np.full(len(outcome), outcome.mean())
    for part in np.unique(parts) if len(np.unique(parts)) > 1 else ():
        others = parts != part
        trees = HistGradientBoostingRegressor(**_TREES, random_state=seed % 2**32).fit(features[others], outcome[others])
        predicted[~others] = trees.predict(features[~others])
    return predicted
