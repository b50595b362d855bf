"""The complaints pipeline as one would write it with pandas and scikit-learn.

    python complaints.py DATA OUT [--parts PARTS.csv] [--c C] [--tol TOL] [--n-features N] [--prepare-only]

DATA holds customers.csv and mails.csv. PARTS.csv (email,part) says which customers' mails go to which part, so that two
programs fit and judge on the same rows; without it a GroupShuffleSplit decides.
"""

import argparse
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from phases import Phases


COUNTRIES = ["UK", "DE", "FR"]
SLICES = ["level", "country", "bank"]


def read(data):
    customers = pd.read_csv(
        data / "customers.csv", header=None, names=["id", "email", "bank", "country", "level"], engine="pyarrow"
    )
    mails = pd.read_csv(
        data / "mails.csv",
        header=None,
        names=["id", "email", "date", "subject", "text"],
        parse_dates=["date"],
        engine="pyarrow",
    )
    return customers, mails


def validate(customers, mails):
    for table in (customers, mails):
        assert table.notna().all(axis=None)
        assert table.id.is_unique
        assert table.email.str.fullmatch(r"[^@\s]+@[^@\s]+").all()
    assert customers.email.is_unique
    assert customers.level.isin(["basic", "plus", "premium"]).all()
    assert mails.date.between("2020-01-01", "2024-12-31").all()


def prepare(customers, mails):
    customers = customers[customers.country.isin(COUNTRIES)]
    customers = customers.assign(is_premium=customers.level == "premium")
    mails = mails[
        (mails.date >= "2022-01-01") & mails.text.str.contains("complaint|bank account", regex=True)
    ]
    joined = mails.merge(customers, on="email", suffixes=("", "_customer"))
    title = joined.subject.str.lower()
    text = joined.text.str.lower()
    negative = text.str.contains("angry", regex=False)
    return pd.DataFrame({
        "email": joined.email,
        "title": title,
        "text": text,
        "title_words": title.str.count(" ") + 1,
        "bank": joined.bank,
        "country": joined.country,
        "level": joined.level,
        "sentiment": np.where(negative, "negative", "positive"),
        "is_premium": joined.is_premium,
        "label": negative & joined.is_premium,
    })


def split(table, parts):
    if parts is not None:
        part = table.email.map(pd.read_csv(parts, index_col="email").part)
        return [table[part == name] for name in ("train", "validation", "test")]
    splitter = GroupShuffleSplit(n_splits=1, train_size=0.8, random_state=0)
    train, rest = next(splitter.split(table, groups=table.email))
    rest = table.iloc[rest]
    splitter = GroupShuffleSplit(n_splits=1, train_size=0.5, random_state=0)
    validation, test = next(splitter.split(rest, groups=rest.email))
    return table.iloc[train], rest.iloc[validation], rest.iloc[test]


def encoders(n_features):
    return ColumnTransformer([
        ("title", TfidfVectorizer(), "title"),
        ("text", HashingVectorizer(n_features=n_features), "text"),
        ("title_words", StandardScaler(), ["title_words"]),
        ("country", OneHotEncoder(), ["country"]),
    ])


def scores(label, probabilities):
    if label.nunique() < 2:  # no premium customer, no positive label: nothing to rank
        return {"log_loss": log_loss(label, probabilities, labels=[False, True])}
    return {
        "log_loss": log_loss(label, probabilities),
        "roc_auc": roc_auc_score(label, probabilities),
        "average_precision": average_precision_score(label, probabilities),
    }


def gradient_norm(model, features, label, c):
    """Largest component of the gradient of: mean loss + |w|² / (2 C rows)."""
    weights, rows = model.coef_.ravel(), len(label)
    error = expit(features @ weights + model.intercept_) - label
    return float(max(abs(features.T @ error / rows + weights / (c * rows)).max(), abs(error.mean())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--parts", type=Path)
    parser.add_argument("--c", type=float, default=1.0)
    parser.add_argument("--tol", type=float, default=1e-4)
    parser.add_argument("--n-features", type=int, default=4096)
    parser.add_argument("--prepare-only", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    phases = Phases()

    with phases.phase("prepare"):
        customers, mails = read(options.data)
        table = prepare(customers, mails)
    phases.facts["prepared_rows"] = len(table)
    phases.facts["positive_share"] = float(table.label.mean())
    if options.prepare_only:
        return phases.print()
    with phases.phase("validate"):
        validate(customers, mails)
    with phases.phase("write tables"):
        table.to_parquet(options.out / "prepared.parquet")
    with phases.phase("split"):
        train, validation, test = split(table, options.parts)
    with phases.phase("encode"):
        columns = encoders(options.n_features)
        matrices = [columns.fit_transform(train), columns.transform(validation), columns.transform(test)]
    with phases.phase("train"):
        model = LogisticRegression(C=options.c, tol=options.tol, max_iter=10_000)
        model.fit(matrices[0], train.label)
    with phases.phase("evaluate"):
        for name, part, matrix in [("validation", validation, matrices[1]), ("test", test, matrices[2])]:
            probabilities = model.predict_proba(matrix)[:, 1]
            phases.facts[name] = {"rows": len(part), **scores(part.label, probabilities)}
            part = part.assign(probability=probabilities)
            phases.facts[name]["slices"] = {
                column: {value: scores(rows.label, rows.probability) for value, rows in part.groupby(column)}
                for column in SLICES
            }
            pd.DataFrame({"email": part.email, "probability": probabilities}).to_parquet(options.out / f"{name}.parquet")
    with phases.phase("write model"):
        joblib.dump(make_pipeline(columns, model), options.out / "model.joblib")
    phases.facts["features"] = matrices[0].shape[1]
    phases.facts["iterations"] = int(model.n_iter_[0])
    phases.facts["gradient_norm"] = gradient_norm(model, matrices[0], train.label.to_numpy(), options.c)
    phases.print()


if __name__ == "__main__":
    main()
