//! All metrics, a line each.

use super::Better::{Less, More};
use super::options::{
    ALPHA, AVERAGE, AVERAGE_OF_AREAS, AVERAGE_OF_RANKINGS, BETA, MULTI_CLASS, MultiClass, N_BINS, PLACES, POWER,
    Parameter, STRATEGY, TOP, WEIGHTS,
};
use super::{Better, Definition, MetricOptions, NoValue, Task};
use crate::ranked::Ranked;
use mlspec_measure as measure;
use mlspec_measure::Average::{Macro, Micro, Weighted};

type Measure = fn(&Ranked<'_>, &MetricOptions) -> Result<f64, NoValue>;
type Takes = &'static [&'static Parameter];

/// For two classes of which one is positive.
const fn positive(name: &'static str, better: Better, takes: Takes, measure: Measure) -> Definition {
    Definition { name, better, takes, suits: |_| &[Task::Binary], measure, by_query: false }
}

/// For classes, two or more.
const fn classes(name: &'static str, better: Better, takes: Takes, measure: Measure) -> Definition {
    Definition { suits: |_| &[Task::Classes, Task::Binary], ..positive(name, better, takes, measure) }
}

/// For the positive class, or by a mean over classes.
const fn averaged(name: &'static str, better: Better, takes: Takes, measure: Measure) -> Definition {
    Definition { suits: MetricOptions::average_suits, ..positive(name, better, takes, measure) }
}

/// For numbers.
const fn numbers(name: &'static str, better: Better, takes: Takes, measure: Measure) -> Definition {
    Definition { suits: |_| &[Task::Numbers], ..positive(name, better, takes, measure) }
}

/// For rankings of rows, query by query: numbers are how relevant a row is, positive rows are relevant.
const fn rankings(
    name: &'static str,
    suits: fn(&MetricOptions) -> &'static [Task],
    takes: Takes,
    measure: Measure,
) -> Definition {
    Definition { suits, by_query: true, ..positive(name, More, takes, measure) }
}

#[rustfmt::skip] // a line a metric
pub(super) static METRICS: &[Definition] = &[
    classes("accuracy_score", More, &[], |s, _| s.of_classes(measure::accuracy_score)),
    classes("balanced_accuracy_score", More, &[], |s, _| s.of_classes(measure::balanced_accuracy_score)),
    classes("matthews_corrcoef", More, &[], |s, _| s.of_classes(measure::matthews_corrcoef)),
    classes("cohen_kappa_score", More, &[&WEIGHTS], |s, o| s.of_classes(|t, p, w| measure::cohen_kappa_score(t, p, o.kappa(), w))),
    classes("log_loss", Less, &[], |s, _| s.of_probabilities(measure::log_loss)),
    classes("brier_score_loss", Less, &[], |s, _| match s.positive() {
        Ok((truth, probability)) => Ok(measure::brier_score_loss(&truth, probability, s.weights.as_deref())?),
        Err(_) => s.of_probabilities(measure::brier_score_loss_multiclass),
    }),
    classes("expected_calibration_error", Less, &[&N_BINS, &STRATEGY], |s, o| {
        let (right, confidence) = s.confidence()?;
        let bins = o.n_bins.unwrap_or(10) as usize;
        Ok(measure::expected_calibration_error(&right, &confidence, bins, o.binning(), s.weights.as_deref())?)
    }),
    classes("top_k_accuracy_score", More, &[&TOP], |s, o| s.of_probabilities(|t, p, w| measure::top_k_accuracy_score(t, p, o.k.unwrap_or(2) as usize, w))),
    averaged("precision_score", More, &[&AVERAGE], |s, o| { let a = s.average(o)?; s.of_classes(|t, p, w| measure::precision_score(t, p, a, w)) }),
    averaged("recall_score", More, &[&AVERAGE], |s, o| { let a = s.average(o)?; s.of_classes(|t, p, w| measure::recall_score(t, p, a, w)) }),
    averaged("f1_score", More, &[&AVERAGE], |s, o| { let a = s.average(o)?; s.of_classes(|t, p, w| measure::f1_score(t, p, a, w)) }),
    averaged("fbeta_score", More, &[&BETA, &AVERAGE], |s, o| { let a = s.average(o)?; s.of_classes(|t, p, w| measure::fbeta_score(t, p, o.beta.unwrap_or(1.0), a, w)) }),
    classes("precision_macro", More, &[], |s, _| s.of_classes(|t, p, w| measure::precision_score(t, p, Macro, w))),
    classes("recall_macro", More, &[], |s, _| s.of_classes(|t, p, w| measure::recall_score(t, p, Macro, w))),
    classes("f1_macro", More, &[], |s, _| s.of_classes(|t, p, w| measure::f1_score(t, p, Macro, w))),
    classes("precision_micro", More, &[], |s, _| s.of_classes(|t, p, w| measure::precision_score(t, p, Micro, w))),
    classes("recall_micro", More, &[], |s, _| s.of_classes(|t, p, w| measure::recall_score(t, p, Micro, w))),
    classes("f1_micro", More, &[], |s, _| s.of_classes(|t, p, w| measure::f1_score(t, p, Micro, w))),
    classes("precision_weighted", More, &[], |s, _| s.of_classes(|t, p, w| measure::precision_score(t, p, Weighted, w))),
    classes("recall_weighted", More, &[], |s, _| s.of_classes(|t, p, w| measure::recall_score(t, p, Weighted, w))),
    classes("f1_weighted", More, &[], |s, _| s.of_classes(|t, p, w| measure::f1_score(t, p, Weighted, w))),
    Definition { suits: |o| if o.multi_class.is_some() { &[Task::Classes, Task::Binary] } else { &[Task::Binary] },
        ..positive("roc_auc_score", More, &[&MULTI_CLASS, &AVERAGE_OF_AREAS], |s, o| match (s.task(), o.multi_class) {
            (Task::Binary, _) => Ok(s.thresholds()?.roc_auc_score()?),
            (_, Some(MultiClass::Ovo)) => s.of_probabilities(|t, p, w| measure::roc_auc_score_ovo(t, p, o.over_classes(), w)),
            _ => s.of_probabilities(|t, p, w| measure::roc_auc_score_ovr(t, p, o.over_classes(), w)),
        }) },
    classes("roc_auc_ovr", More, &[], |s, _| s.of_probabilities(|t, p, w| measure::roc_auc_score_ovr(t, p, Macro, w))),
    classes("roc_auc_ovr_weighted", More, &[], |s, _| s.of_probabilities(|t, p, w| measure::roc_auc_score_ovr(t, p, Weighted, w))),
    classes("roc_auc_ovo", More, &[], |s, _| s.of_probabilities(|t, p, w| measure::roc_auc_score_ovo(t, p, Macro, w))),
    classes("roc_auc_ovo_weighted", More, &[], |s, _| s.of_probabilities(|t, p, w| measure::roc_auc_score_ovo(t, p, Weighted, w))),
    classes("average_precision_score", More, &[&AVERAGE_OF_RANKINGS], |s, o| match s.task() {
        Task::Binary => Ok(s.thresholds()?.average_precision_score()?),
        _ => s.of_probabilities(|t, p, w| measure::average_precision_score_multiclass(t, p, o.over_classes(), w)),
    }),
    rankings("ndcg_score", |_| &[Task::Numbers, Task::Binary], &[&PLACES], |s, o| {
        s.of_queries(|q, r, p, w| measure::ndcg_score(q, r, p, o.k.map(|k| k as usize), w))
    }),
    rankings("mean_reciprocal_rank", |_| &[Task::Binary], &[], |s, _| s.of_queries(|q, r, p, w| {
        measure::mean_reciprocal_rank(q, &r.iter().map(|&relevance| relevance > 0.0).collect::<Vec<_>>(), p, w)
    })),
    numbers("mean_squared_error", Less, &[], |s, _| s.of_numbers(measure::mean_squared_error)),
    numbers("root_mean_squared_error", Less, &[], |s, _| s.of_numbers(measure::root_mean_squared_error)),
    numbers("mean_absolute_error", Less, &[], |s, _| s.of_numbers(measure::mean_absolute_error)),
    numbers("median_absolute_error", Less, &[], |s, _| s.of_numbers(measure::median_absolute_error)),
    numbers("max_error", Less, &[], |s, _| s.of_numbers(|t, p, _| measure::max_error(t, p))),
    numbers("mean_absolute_percentage_error", Less, &[], |s, _| s.of_numbers(measure::mean_absolute_percentage_error)),
    numbers("mean_pinball_loss", Less, &[&ALPHA], |s, o| s.of_numbers(|t, p, w| measure::mean_pinball_loss(t, p, o.alpha.unwrap_or(0.5), w))),
    numbers("mean_poisson_deviance", Less, &[], |s, _| s.of_numbers(measure::mean_poisson_deviance)),
    numbers("mean_gamma_deviance", Less, &[], |s, _| s.of_numbers(measure::mean_gamma_deviance)),
    numbers("mean_tweedie_deviance", Less, &[&POWER], |s, o| s.of_numbers(|t, p, w| measure::mean_tweedie_deviance(t, p, o.power.unwrap_or(0.0), w))),
    numbers("r2_score", More, &[], |s, _| s.of_numbers(measure::r2_score)),
    numbers("explained_variance_score", More, &[], |s, _| s.of_numbers(measure::explained_variance_score)),
];

/// The metrics that suit a task, where none are asked for.
pub(super) fn defaults(task: Task) -> &'static [&'static str] {
    match task {
        Task::Binary => &[
            "accuracy_score",
            "balanced_accuracy_score",
            "precision_score",
            "recall_score",
            "f1_score",
            "roc_auc_score",
            "average_precision_score",
            "log_loss",
            "brier_score_loss",
            "matthews_corrcoef",
        ],
        Task::Classes => &[
            "accuracy_score",
            "balanced_accuracy_score",
            "precision_macro",
            "recall_macro",
            "f1_macro",
            "f1_weighted",
            "roc_auc_ovr",
            "log_loss",
            "matthews_corrcoef",
        ],
        Task::Numbers => &[
            "mean_squared_error",
            "root_mean_squared_error",
            "mean_absolute_error",
            "median_absolute_error",
            "max_error",
            "r2_score",
            "explained_variance_score",
        ],
    }
}
