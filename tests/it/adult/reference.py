"""What pandas and scikit-learn make of the same files: counts, accuracies, and metrics of given predictions, as JSON."""

import json
import sys

import numpy as np
import pandas as pd
from sklearn import metrics as m
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

LABEL, POSITIVE = "income-per-year", ">50K"
CATEGORIES, NUMBERS = ["education", "workclass"], ["age", "hours-per-week"]


def read(path):
    return pd.read_csv(path, na_values="?", keep_default_na=False)


def fitted(train, test, categories):
    encoders = ColumnTransformer([("categories", categories, CATEGORIES), ("numbers", StandardScaler(), NUMBERS)])
    pipeline = Pipeline([("encoders", encoders), ("tree", DecisionTreeClassifier(random_state=0))])
    pipeline.fit(train, train[LABEL])
    return {
        "rows": [len(train), len(test)],
        "features": int(encoders.transform(train[:1]).shape[1]),
        "labels": {label: int(count) for label, count in train[LABEL].value_counts().items()},
        "train_accuracy": pipeline.score(train, train[LABEL]),
        "test_accuracy": pipeline.score(test, test[LABEL]),
    }


def measured(path):
    rows = pd.read_csv(path, keep_default_na=False)
    y, p = (rows["label"] == POSITIVE).to_numpy(), (rows["prediction"] == POSITIVE).to_numpy()
    s = rows["probability_" + POSITIVE].to_numpy()
    both = np.stack([1 - s, s], axis=1)
    found = {
        "accuracy_score": m.accuracy_score(y, p),
        "balanced_accuracy_score": m.balanced_accuracy_score(y, p),
        "precision_score": m.precision_score(y, p),
        "recall_score": m.recall_score(y, p),
        "f1_score(average=macro)": m.f1_score(y, p, average="macro"),
        "f1_score(average=weighted)": m.f1_score(y, p, average="weighted"),
        "fbeta_score(beta=2)": m.fbeta_score(y, p, beta=2),
        "fbeta_score(beta=0.5, average=macro)": m.fbeta_score(y, p, beta=0.5, average="macro"),
        "matthews_corrcoef": m.matthews_corrcoef(y, p),
        "cohen_kappa_score": m.cohen_kappa_score(y, p),
        "cohen_kappa_score(weights=quadratic)": m.cohen_kappa_score(y, p, weights="quadratic"),
        "roc_auc_score": m.roc_auc_score(y, s),
        "average_precision_score": m.average_precision_score(y, s),
        "log_loss": m.log_loss(y, both),
        "brier_score_loss": m.brier_score_loss(y, s),
    }
    return {name: float(value) for name, value in found.items()}


def by_group(path, groups):
    rows = pd.read_csv(path, keep_default_na=False)
    rows["group"] = pd.read_csv(groups, keep_default_na=False)["group"]
    rows = rows.assign(y=rows["label"] == POSITIVE, p=rows["prediction"] == POSITIVE)
    rates = {
        "selection_rate": rows.groupby("group")["p"].mean(),
        "true_positive_rate": rows[rows["y"]].groupby("group")["p"].mean(),
        "false_positive_rate": rows[~rows["y"]].groupby("group")["p"].mean(),
        "precision": rows[rows["p"]].groupby("group")["y"].mean(),
        "accuracy": rows.assign(right=rows["y"] == rows["p"]).groupby("group")["right"].mean(),
    }
    return {name: {group: float(rate) for group, rate in of.items()} for name, of in rates.items()}


def main(train, test, predictions, groups):
    train, test = read(train), read(test)
    categories = OneHotEncoder(handle_unknown="ignore")
    imputed = Pipeline([("impute", SimpleImputer(strategy="most_frequent")), ("one_hot", categories)])
    json.dump(
        {
            "nulls": {column: int(count) for column, count in train.isna().sum().items()},
            "simple": fitted(train.dropna(), test.dropna(), categories),
            "complex": fitted(train, test, imputed),
            "metrics": measured(predictions),
            "groups": by_group(predictions, groups),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
