//! Figures of scikit-learn 1.9.1 for what each encoder makes, by the call that gives them.

use super::{Table, close, df, fit, rows};
use crate::{EncodeParams, FittedEncoding};
use mlspec_model::target_fold;
use mlspec_table::polars::prelude::{DataFrame, DataType};
use serde_json::{Value, json};

const X: [f64; 8] = [-3.5, -1.0, 0.0, 0.25, 2.0, 2.0, 7.5, 40.0];
const POSITIVE: [f64; 8] = [0.5, 1.0, 1.5, 2.25, 3.0, 8.0, 21.0, 0.1];

#[track_caller]
fn near(found: &[f64], expected: &[f64]) {
    within(1e-9, found, expected);
}

#[track_caller]
fn within(tolerance: f64, found: &[f64], expected: &[f64]) {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < tolerance * b.abs().max(1.0) || (a.is_nan() && b.is_nan());
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(near), "{found:?} is not {expected:?}");
}

/// `Encoder(…).fit_transform(X)` of one column.
#[test]
fn numbers() {
    let of = |encoder: &str, mut settings: Value, column: &str| {
        settings["columns"] = json!([column]);
        let frame = df!("x" => X, "p" => POSITIVE, "n" => POSITIVE.map(|p| -p)).unwrap();
        rows(frame, json!([{encoder: settings}])).1.concat()
    };
    type Case<'a> = (&'a str, Value, &'a str, [f64; 8]);
    let cases: [Case<'_>; 16] = [
        (
            "min_max_scaler",
            json!({}),
            "x",
            [
                0.0,
                0.05747126436781609,
                0.08045977011494253,
                0.08620689655172414,
                0.12643678160919541,
                0.12643678160919541,
                0.25287356321839083,
                1.0,
            ],
        ),
        (
            "min_max_scaler",
            json!({"feature_range": [-1, 3]}),
            "x",
            [
                -1.0,
                -0.7701149425287356,
                -0.6781609195402298,
                -0.6551724137931034,
                -0.49425287356321834,
                -0.49425287356321834,
                0.011494252873563315,
                3.0,
            ],
        ),
        ("max_abs_scaler", json!({}), "x", [-0.0875, -0.025, 0.0, 0.00625, 0.05, 0.05, 0.1875, 1.0]),
        (
            "robust_scaler",
            json!({}),
            "x",
            [
                -1.2758620689655173,
                -0.5862068965517241,
                -0.3103448275862069,
                -0.2413793103448276,
                0.2413793103448276,
                0.2413793103448276,
                1.7586206896551724,
                10.724137931034482,
            ],
        ),
        (
            "robust_scaler",
            json!({"quantile_range": [10, 85], "unit_variance": true}),
            "x",
            [
                -1.1945047818442955,
                -0.5488265213879197,
                -0.2905552172053692,
                -0.2259873911597316,
                0.2259873911597316,
                0.2259873911597316,
                1.6464795641637588,
                10.040296950096646,
            ],
        ),
        (
            "robust_scaler",
            json!({"with_centering": false}),
            "x",
            [
                -0.9655172413793104,
                -0.27586206896551724,
                0.0,
                0.06896551724137931,
                0.5517241379310345,
                0.5517241379310345,
                2.0689655172413794,
                11.03448275862069,
            ],
        ),
        (
            "power_transformer",
            json!({}),
            "x",
            [
                -1.917465683312041,
                -0.5439744809252175,
                -0.20663417696493996,
                -0.14567228815702232,
                0.1481445848808427,
                0.1481445848808427,
                0.646025966505148,
                1.8714314930923874,
            ],
        ),
        (
            "power_transformer",
            json!({"method": "yeo-johnson", "standardize": false}),
            "x",
            [
                -6.526050222648011,
                -1.2868010424174798,
                0.0,
                0.23254209812713073,
                1.3533208905405303,
                1.3533208905405303,
                3.25251370371192,
                7.926882851082695,
            ],
        ),
        (
            "power_transformer",
            json!({}),
            "n",
            [
                0.9942766143672399,
                0.5285470499857213,
                0.20718663840034002,
                -0.13104051561949184,
                -0.37140958604963653,
                -1.1192353758202211,
                -1.6782704861952973,
                1.5699456609313465,
            ],
        ),
        (
            "power_transformer",
            json!({"method": "box-cox"}),
            "p",
            [
                -0.8316806586396217,
                -0.40245536331901166,
                -0.14308139235832384,
                0.12259846285310197,
                0.3150094039595825,
                0.9962256817813938,
                1.7062718629444225,
                -1.7628879972215428,
            ],
        ),
        (
            "k_bins_discretizer",
            json!({"encode": "ordinal", "strategy": "uniform"}),
            "x",
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 4.0],
        ),
        ("k_bins_discretizer", json!({"encode": "ordinal"}), "x", [0.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 4.0]),
        (
            "k_bins_discretizer",
            json!({"encode": "ordinal", "n_bins": 3}),
            "x",
            [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0],
        ),
        (
            "k_bins_discretizer",
            json!({"encode": "ordinal", "strategy": "kmeans"}),
            "x",
            [0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0],
        ),
        // numpy.log1p, numpy.log10
        ("log", json!({}), "p", POSITIVE.map(f64::ln_1p)),
        ("log", json!({"function": "log10"}), "p", POSITIVE.map(f64::log10)),
    ];
    for (encoder, settings, column, expected) in cases {
        // scikit-learn's own exponents differ by 2e-8 when its rows are reordered: there its search ends.
        let tolerance = if encoder == "power_transformer" { 1e-7 } else { 1e-9 };
        within(tolerance, &of(encoder, settings, column), &expected);
    }
}

/// What encoders make of values that they were not fitted on, nulls among them.
#[test]
fn numbers_beyond_those_fitted() {
    let asked = df!("x" => [Some(-10.0), Some(100.0), Some(1.0), None]).unwrap();
    let cases = [
        (
            json!({"min_max_scaler": {"columns": ["x"], "clip": true, "nulls": "keep"}}),
            vec![0.0, 1.0, 0.10344827586206896, f64::NAN],
        ),
        (json!({"max_abs_scaler": {"columns": ["x"], "impute": {"constant": 4}}}), vec![-0.25, 2.5, 0.025, 0.1]),
        (json!({"pass_through": {"columns": ["x"], "nulls": "keep"}}), vec![-10.0, 100.0, 1.0, f64::NAN]),
        (
            json!({"k_bins_discretizer": {"columns": ["x"], "n_bins": 2, "nulls": "keep"}}),
            vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        ),
        (json!({"missing_indicator": {"columns": ["x"], "features": "all"}}), vec![0.0, 0.0, 0.0, 1.0]),
    ];
    for (encoder, expected) in cases {
        let fitted = fit(df!("x" => X).unwrap(), json!([encoder])).unwrap();
        let features = fitted.encoders.transform(&Table::number(asked.clone(), 0).unwrap()).unwrap();
        near(&features.to_dense(100).unwrap(), &expected);
    }
    let bounds = df!("x" => [0.0, 0.1, 0.2, 5.0, 5.1, 100.0, 1000.0]).unwrap();
    // KBinsDiscretizer(5, strategy='kmeans'), where clusters become empty on the way.
    let (names, found) = rows(bounds, json!([{"k_bins_discretizer": {"columns": ["x"], "strategy": "kmeans"}}]));
    assert_eq!(names, ["x_0.0", "x_1.0", "x_2.0", "x_3.0", "x_4.0"]);
    let places: Vec<usize> = found.iter().map(|row| row.iter().position(|cell| *cell == 1.0).unwrap()).collect();
    assert_eq!(places, [0, 0, 0, 1, 2, 3, 4]);
}

const M: [[f64; 3]; 6] =
    [[2.5, 2.4, 0.5], [0.5, 0.7, 1.0], [2.2, 2.9, 0.25], [1.9, 2.2, -1.0], [3.1, 3.0, 0.0], [2.3, 2.7, 4.0]];

fn columns(rows: &[[f64; 3]]) -> DataFrame {
    let column = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<_>>();
    df!("a" => column(0), "b" => column(1), "c" => column(2)).unwrap()
}

/// `PCA(…).fit_transform(M)`
#[test]
fn principal_components() {
    let of = |mut settings: Value| {
        settings["columns"] = json!(["a", "b", "c"]);
        rows(columns(&M), json!([{ "pca": settings }]))
    };
    let (names, found) = of(json!({}));
    assert_eq!(names, ["pca0", "pca1", "pca2"]);
    near(
        &found.concat(),
        &[
            -0.30025235272997747,
            0.3548293932437474,
            -0.2226423732589718,
            0.22472282712543712,
            -2.2603813898542584,
            -0.06429585291926945,
            -0.5367757436084833,
            0.4854968407303186,
            0.3513634662014625,
            -1.7882262457374485,
            -0.2270527781082472,
            0.08936216579595826,
            -0.806474515202615,
            1.1992598880323122,
            -0.19663734119464785,
            3.2070060301530874,
            0.4478480459561278,
            0.04284993537546952,
        ],
    );
    near(
        &of(json!({"n_components": 2, "whiten": true})).1.concat(),
        &[
            -0.1759395849192554,
            0.2964894583493588,
            0.13168136924438345,
            -1.888736577920666,
            -0.31453575855951055,
            0.405672974334389,
            -1.0478511843659342,
            -0.1897214731356469,
            -0.47257178890555074,
            1.0020813421693033,
            1.8792169475058675,
            0.37421427620326164,
        ],
    );
    for (share, components) in [(0.5, 1), (0.8, 2), (0.999, 3)] {
        assert_eq!(of(json!({"n_components": share})).0.len(), components, "{share}");
    }
}

/// `PolynomialFeatures(…).fit_transform(…)`
#[test]
fn products() {
    let of = |columns_: &[&str], mut settings: Value| {
        settings["columns"] = json!(columns_);
        rows(columns(&M[..2]), json!([{ "polynomial_features": settings }]))
    };
    let (names, found) = of(&["a", "b"], json!({}));
    assert_eq!(names, ["1", "a", "b", "a^2", "a b", "b^2"]);
    near(&found.concat(), &[1.0, 2.5, 2.4, 6.25, 6.0, 5.76, 1.0, 0.5, 0.7, 0.25, 0.35, 0.49]);
    let (_, found) = of(&["a", "b", "c"], json!({"degree": 3, "interaction_only": true, "include_bias": false}));
    near(&found.concat(), &[2.5, 2.4, 0.5, 6.0, 1.25, 1.2, 3.0, 0.5, 0.7, 1.0, 0.35, 0.5, 0.7, 0.35]);
    let (names, _) = of(&["a", "b", "c"], json!({"degree": [3, 3], "include_bias": false}));
    assert_eq!(names.join(","), "a^3,a^2 b,a^2 c,a b^2,a b c,a c^2,b^3,b^2 c,b c^2,c^3");
    let fitted = fit(columns(&M), json!([{"polynomial_features": {"columns": ["a", "b"]}}])).unwrap();
    let behind: Vec<String> = fitted.encoders.ranges().iter().map(|range| range.columns.join("+")).collect();
    assert_eq!(behind, ["", "a", "b", "a", "a+b", "b"]);
}

/// `OrdinalEncoder(…).fit(countries).transform(asked)`, and counts of the same countries.
#[test]
fn categories_as_numbers() {
    let countries =
        df!("c" => [Some("DE"), Some("FR"), Some("UK"), Some("DE"), Some("UK"), Some("DE"), Some("ES"), None]);
    let asked = df!("c" => [Some("DE"), Some("ES"), Some("UK"), Some("XX"), None]).unwrap();
    let nan = f64::NAN;
    let unknown = |more: Value| {
        let mut settings = json!({"columns": ["c"], "handle_unknown": "use_encoded_value"});
        more.as_object().unwrap().iter().for_each(|(key, value)| settings[key] = value.clone());
        json!({ "ordinal": settings })
    };
    let cases = [
        (unknown(json!({"unknown_value": -1})), [0.0, 1.0, 3.0, -1.0, nan]),
        (unknown(json!({"min_frequency": 2, "unknown_value": -1})), [0.0, 2.0, 1.0, -1.0, nan]),
        (unknown(json!({"encoded_missing_value": -2})), [0.0, 1.0, 3.0, nan, -2.0]),
        (unknown(json!({"impute": "most_frequent"})), [0.0, 1.0, 3.0, nan, 0.0]),
        (unknown(json!({"categories": {"c": ["UK", "ES", "DE"]}})), [2.0, 1.0, 0.0, nan, nan]),
        (json!({"count_encoder": {"columns": ["c"]}}), [3.0, 1.0, 2.0, 0.0, 1.0]),
        (json!({"count_encoder": {"columns": ["c"], "normalize": true}}), [0.375, 0.125, 0.25, 0.0, 0.125]),
        (
            json!({"count_encoder": {"columns": ["c"], "min_frequency": 2, "unknown_value": 0.5}}),
            [3.0, 3.0, 2.0, 0.5, 3.0],
        ),
    ];
    let countries = countries.unwrap();
    for (encoder, expected) in cases {
        let fitted = fit(countries.clone(), json!([encoder.clone()])).unwrap();
        let found = fitted.encoders.transform(&Table::number(asked.clone(), 0).unwrap()).unwrap();
        near(&found.to_dense(10).unwrap(), &expected);
        assert_eq!(fitted.encoders.names(), ["c"], "{encoder}");
    }
}

const CATEGORIES: [&str; 8] = ["a", "b", "a", "c", "b", "a", "d", "b"];

fn labelled(frame: DataFrame, encoder: &Value, first: u64) -> FittedEncoding {
    let settings = json!({"fit": "train", "encoders": [encoder], "label": {"column": "y"}});
    let params: EncodeParams = serde_json::from_value(settings).unwrap();
    params.check().unwrap().fit(&Table::number(frame, first).unwrap()).unwrap()
}

fn labels() -> [DataFrame; 3] {
    [
        df!("c" => CATEGORIES, "y" => [1.5, 2.0, -1.0, 4.0, 3.5, 0.25, 9.0, 1.0]).unwrap(),
        df!("c" => CATEGORIES, "y" => ["n", "y", "y", "n", "y", "n", "y", "n"]).unwrap(),
        df!("c" => CATEGORIES, "y" => ["r", "g", "b", "r", "g", "r", "b", "r"]).unwrap(),
    ]
}

/// `TargetEncoder(smooth=…).fit(c, y).transform(asked)`
#[test]
fn labels_by_category() {
    let [numbers, two, three] = labels();
    let asked = Table::number(df!("c" => ["a", "b", "c", "d", "zz"]).unwrap(), 0).unwrap();
    let cases: [(&DataFrame, Value, &[f64]); 7] = [
        (&numbers, json!("auto"), &[0.3417281328927033, 2.1815139172042515, 4.0, 9.0, 2.53125]),
        (&two, json!("auto"), &[0.3714285714285714, 0.6285714285714286, 0.0, 1.0, 0.5]),
        (&numbers, json!(2), &[1.1625, 2.3125, 3.0208333333333335, 4.6875, 2.53125]),
        (&two, json!(2.0), &[0.4, 0.6, 0.3333333333333333, 0.6666666666666666, 0.5]),
        (&numbers, json!(0), &[0.25, 2.1666666666666665, 4.0, 9.0, 2.53125]),
        (&two, json!(0.0), &[0.3333333333333333, 0.6666666666666666, 0.0, 1.0, 0.5]),
        (
            &three,
            json!("auto"),
            &[
                0.30973451327433627,
                0.0,
                0.6285714285714286,
                0.0,
                0.5486725663716814,
                0.3714285714285714,
                0.0,
                0.0,
                1.0,
                1.0,
                0.0,
                0.0,
                0.25,
                0.25,
                0.5,
            ],
        ),
    ];
    for (frame, smooth, expected) in cases {
        let fitted =
            labelled(frame.clone(), &json!({"target_encoder": {"columns": ["c"], "smooth": smooth}}), 0).encoders;
        near(&fitted.transform(&asked).unwrap().to_dense(100).unwrap(), expected);
    }
    let fitted = labelled(three, &json!({"target_encoder": {"columns": ["c"]}}), 0).encoders;
    assert_eq!(fitted.names(), ["c_b", "c_g", "c_r"]);
}

/// A row that was fitted on gets what an encoder says that was fitted on the rows of the other folds.
#[test]
fn rows_are_not_told_their_own_label() {
    let rows = 60_u64;
    let category = |id: u64| ["a", "b", "c", "d"][(id * id % 7 % 4) as usize];
    let label = |id: u64| (id * 37 % 11) as f64 * 0.5;
    let frame = |ids: &[u64]| {
        let table = df!(
            "c" => ids.iter().map(|id| category(*id)).collect::<Vec<_>>(),
            "y" => ids.iter().map(|id| label(*id)).collect::<Vec<_>>(),
        );
        Table::with_ids(table.unwrap(), ids.to_vec()).unwrap()
    };
    let encoder = json!({"target_encoder": {"columns": ["c"], "cv": 3, "seed": 5}});
    let settings = json!({"fit": "train", "encoders": [encoder], "label": {"column": "y"}});
    let params: EncodeParams = serde_json::from_value(settings).unwrap();
    let encoding = params.check().unwrap();
    let ids: Vec<u64> = (100..100 + rows).collect();
    let fitted = encoding.fit(&frame(&ids)).unwrap();
    let found = fitted.encoders.assemble_fitted(&fitted.raw).unwrap().to_dense(100).unwrap();
    for fold in 0..3 {
        let (own, others): (Vec<u64>, Vec<u64>) = ids.iter().partition(|id| target_fold(**id, 5, 3) == fold);
        assert!(!own.is_empty());
        let of_others = encoding.fit(&frame(&others)).unwrap().encoders;
        let expected = of_others.transform(&frame(&own)).unwrap().to_dense(100).unwrap();
        let found: Vec<f64> = own.iter().map(|id| found[(id - 100) as usize]).collect();
        near(&found, &expected);
    }
}

#[test]
fn parts_of_dates() {
    let days = df!("d" => [Some(0_i32), Some(20_653), None]).unwrap();
    let days = days.column("d").unwrap().cast(&DataType::Date).unwrap();
    let frame = DataFrame::new(3, vec![days]).unwrap();
    let of = |settings: Value| rows(frame.clone(), json!([{ "date_parts": settings }]));
    let (names, found) = of(json!({"columns": ["d"], "nulls": "keep"}));
    assert_eq!(names, ["d_year", "d_month", "d_day", "d_weekday"]);
    let nan = f64::NAN;
    near(&found.concat(), &[1970.0, 1.0, 1.0, 3.0, 2026.0, 7.0, 19.0, 6.0, nan, nan, nan, nan]);
    let (names, found) =
        of(json!({"columns": ["d"], "parts": ["is_weekend", "month"], "cyclic": true, "nulls": "keep"}));
    assert_eq!(names, ["d_is_weekend", "d_month_sin", "d_month_cos"]);
    // numpy.sin(2 * numpy.pi * 1 / 12), and for 7
    near(&found[..2].concat(), &[0.0, 0.5, 0.8660254037844387, 1.0, -0.5, -0.8660254037844386]);
}

/// `CountVectorizer`, `TfidfVectorizer` and `HashingVectorizer` with terms of characters.
#[test]
fn terms_of_characters() {
    let of = |encoder: &str, mut settings: Value| {
        settings["columns"] = json!(["text"]);
        rows(df!("text" => super::TEXTS).unwrap(), json!([{encoder: settings}]))
    };
    let (names, found) = of("count_vectorizer", json!({"min_df": 2}));
    assert_eq!(names, ["text_account", "text_bank"]);
    near(&found.concat(), &[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let settings = json!({"analyzer": "char_wb", "ngram_range": [3, 3], "max_features": 4});
    let (names, found) = of("count_vectorizer", settings.clone());
    assert_eq!(names, ["text_ ba", "text_ank", "text_ban", "text_nt "]);
    near(&found.concat(), &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    let mut binary = settings;
    binary["binary"] = json!(true);
    near(&of("count_vectorizer", binary).1[1], &[1.0, 1.0, 1.0, 1.0]);
    let (names, found) = of("tfidf", json!({"analyzer": "char", "ngram_range": [2, 2], "min_df": 3}));
    assert_eq!(names.concat(), "text_ btext_antext_batext_cotext_nktext_nt");
    let (one, two, all) = (0.28867513459481287, 0.5773502691896257, 0.408248290463863);
    near(&found[..3].concat(), &[[all; 6], [one, one, one, two, one, two], [0.0; 6]].concat());
    near(&found[3], &[all; 6]);
    let settings = json!({"analyzer": "char_wb", "ngram_range": [2, 3], "n_features": 8, "norm": "none"});
    close(&of("hashing_vectorizer", settings).1[0], &[-1.0, -1.0, 0.0, -3.0, -4.0, 2.0, -3.0, 0.0]);
}
