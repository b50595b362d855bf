"""scikit-learn's estimators on the data of the benchmark.

    python estimators.py FOLDER

FOLDER holds train.csv, to fit on, and test.csv, to judge on: features, then `value` and `class`.
"""

import argparse
import os
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.tree import DecisionTreeClassifier

from phases import Phases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    train, test = (
        pd.read_csv(options.folder / f"{part}.csv", float_precision="round_trip") for part in ("train", "test")
    )
    features = [column for column in train if column not in ("value", "class")]
    fit_on, judge_on = train[features].to_numpy(), test[features].to_numpy()

    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    phases = Phases()
    estimators = {
        "linear_regression": (LinearRegression(), "value"),
        "ridge": (Ridge(alpha=1.0), "value"),
        "logistic_regression": (LogisticRegression(C=1.0, tol=1e-6, max_iter=10_000), "class"),
        "decision_tree": (DecisionTreeClassifier(max_depth=8, random_state=0), "class"),
        "gradient_boosting": (HistGradientBoostingClassifier(early_stopping=False, random_state=0), "class"),
        "gradient_boosting_regression": (HistGradientBoostingRegressor(early_stopping=False, random_state=0), "value"),
        "random_forest": (RandomForestClassifier(n_jobs=threads, random_state=0), "class"),
    }
    for name, (estimator, target) in estimators.items():
        with phases.phase(name):
            estimator.fit(fit_on, train[target].to_numpy())
        predicted, truth = estimator.predict(judge_on), test[target].to_numpy()
        if target == "value":
            quality = {"r2_score": r2_score(truth, predicted)}
        else:
            quality = {"accuracy_score": accuracy_score(truth, predicted)}
        if name in ("logistic_regression", "gradient_boosting", "random_forest"):
            quality["log_loss"] = log_loss(truth, estimator.predict_proba(judge_on))
        phases.facts[name] = quality
    phases.print()


if __name__ == "__main__":
    main()
