//! Against scikit-learn 1.9.1 (figures below) and linfa.

use super::*;
use crate::Estimator;
use crate::testing::{assert_close, blocks, classes, dense, fit, on_threads, weights};
use mlspec_model::{Features, Prediction, Target};

/// Counts of 0 to 5.
fn counts() -> Vec<f64> {
    dense(60, 3).iter().map(|x| ((x + 1.0) * 2.6).round_ties_even()).collect()
}

fn probabilities(fitted: &Fitted, x: &Features) -> Vec<f64> {
    let Prediction::Class { probabilities: Some(all), .. } = fitted.model.predict(x).unwrap() else { panic!() };
    (0..2).flat_map(|row| all.iter().map(move |class| class[row])).collect()
}

/// `GaussianNB(…).fit(X, y, sample_weight)`: `theta_`, `var_`, and `predict_proba` of two rows.
#[test]
fn gaussian_as_scikit_learn() {
    let check = |estimator: GaussianNb, bounds: &[f64], weights: Option<&[f64]>, expected: [&[f64]; 3]| {
        let x = blocks(3, &dense(60, 3));
        let fitted = fit(estimator, &x, &classes(bounds), weights).unwrap();
        let Predictor::GaussianNb(bayes) = fitted.model.predictor() else { panic!() };
        assert_close(&bayes.means.concat(), expected[0], 1e-12);
        assert_close(&bayes.variances.concat(), expected[1], 1e-12);
        assert_close(&probabilities(&fitted, &x), expected[2], 1e-12);
    };
    let means =
        [-0.5536, 0.2528, -0.2336, -0.0575, -0.15, 0.01, 0.5263157894736842, -0.2452631578947368, 0.15263157894736845];
    let variances = [
        0.11279104031967957,
        0.24313216031967952,
        0.20965504031967958,
        0.10504375031967957,
        0.16335000031967956,
        0.38940000031967953,
        0.10947590059668785,
        0.3443301942254967,
        0.2848509698487654,
    ];
    let shares = [
        0.9919901131079684,
        0.007963724144808268,
        4.616274722298965e-05,
        0.2164903531675384,
        0.6158971831202533,
        0.1676124637122083,
    ];
    check(GaussianNb::default(), &[0.0, 1.0], None, [&means, &variances, &shares]);
    let means = [-0.3933333333333333, 0.10972222222222225, -0.17277777777777778, 0.45125, -0.23, 0.18291666666666664];
    let variances = [
        0.16179017777777785,
        0.2684789895061728,
        0.3168602395061728,
        0.14528305972222222,
        0.34710128888888886,
        0.2923511152777777,
    ];
    let shares = [0.9985494444801257, 0.001450555519874643, 0.6571333444280069, 0.34286665557199325];
    let smooth = GaussianNb { var_smoothing: 0.1, ..GaussianNb::default() };
    check(smooth, &[0.7], Some(&weights()), [&means, &variances, &shares]);
    let means = [
        -0.4377777777777779,
        0.10833333333333336,
        -0.18722222222222223,
        0.4583333333333332,
        -0.19333333333333336,
        0.165,
    ];
    let variances = [
        0.13348395093696347,
        0.25414166698634627,
        0.2706700620480746,
        0.11716388920856842,
        0.3277555558752351,
        0.2930416669863462,
    ];
    let shares = [0.9982155770295881, 0.0017844229704123177, 0.23440704987958533, 0.7655929501204147];
    let given = GaussianNb { priors: Some(vec![0.2, 0.8]), ..GaussianNb::default() };
    check(given, &[0.7], None, [&means, &variances, &shares]);
}

/// `MultinomialNB(…)` and `BernoulliNB(…)`, `.fit(X, y, sample_weight)`: `feature_log_prob_` (of Bernoulli, less the logarithm of
/// the probability that the feature is absent), and `predict_proba` of two rows.
#[test]
fn discrete_as_scikit_learn() {
    let check = |estimator: Estimator, bounds: &[f64], weights: Option<&[f64]>, logarithms: &[f64], shares: &[f64]| {
        let absent = matches!(estimator, Estimator::BernoulliNb(_));
        let x = blocks(3, &if absent { dense(60, 3) } else { counts() });
        let fitted = fit(estimator, &x, &classes(bounds), weights).unwrap();
        let Predictor::DiscreteNb(bayes) = fitted.model.predictor() else { panic!() };
        let difference = |p: &f64| if absent { p - (1.0 - p.exp()).ln() } else { *p };
        assert_close(&bayes.coefficients.concat(), &logarithms.iter().map(difference).collect::<Vec<_>>(), 1e-12);
        assert_close(&probabilities(&fitted, &x), shares, 1e-12);
    };
    let w = weights();
    check(
        MultinomialNb::default().into(),
        &[0.0, 1.0],
        None,
        &[
            -1.6925528191446069,
            -0.662933401963449,
            -1.2019299026961359,
            -1.0986122886681096,
            -1.1499055830556602,
            -1.0498221244986774,
            -0.8167611365271217,
            -1.5639755383573428,
            -1.0531499145913523,
        ],
        &[
            0.8942454016356758,
            0.09213577834992251,
            0.013618820014401463,
            0.2862701273925478,
            0.3985676105896438,
            0.3151622620178077,
        ],
    );
    check(
        MultinomialNb { alpha: 0.5, fit_prior: false, class_prior: None }.into(),
        &[0.7],
        Some(&w),
        &[
            -1.4258929000999618,
            -0.8169820699718207,
            -1.145882098144833,
            -0.8488621939091878,
            -1.528403722413354,
            -1.0350267419823105,
        ],
        &[0.957453796441827, 0.042546203558172714, 0.5176443629480768, 0.48235563705192325],
    );
    check(
        MultinomialNb { class_prior: Some(vec![0.2, 0.8]), ..MultinomialNb::default() }.into(),
        &[0.7],
        None,
        &[
            -1.489293600592037,
            -0.7867566796822532,
            -1.1420974006078488,
            -0.8581087764914193,
            -1.4678743481123138,
            -1.0624092400041496,
        ],
        &[0.8456054236265786, 0.1543945763734212, 0.1860989449970555, 0.813901055002945],
    );
    check(
        BernoulliNb::default().into(),
        &[0.0, 1.0],
        None,
        &[
            -1.9095425048844386,
            -0.4054651081081646,
            -1.2163953243244934,
            -0.8109302162163288,
            -1.0986122886681096,
            -0.8109302162163288,
            -0.1541506798272585,
            -0.9650808960435873,
            -0.4054651081081646,
        ],
        &[
            0.677088339901951,
            0.21195808901278484,
            0.11095357108526391,
            0.677088339901951,
            0.21195808901278484,
            0.11095357108526391,
        ],
    );
    check(
        BernoulliNb { alpha: 0.5, binarize: 0.25, fit_prior: false, class_prior: None }.into(),
        &[0.7],
        Some(&w),
        &[
            -4.983606621708336,
            -0.8092193518126991,
            -1.4282585602189224,
            -0.4418327522790393,
            -1.6405284995041312,
            -0.9214058325409256,
        ],
        &[0.7936719698335978, 0.20632803016640236, 0.7073322125417484, 0.29266778745825156],
    );
    check(
        BernoulliNb { alpha: 1e-9, class_prior: Some(vec![0.2, 0.8]), ..BernoulliNb::default() }.into(),
        &[0.7],
        None,
        &[
            -1.637608789313495,
            -0.5877866649076746,
            -1.1856236656223857,
            -0.18232155682728823,
            -0.9808292529839484,
            -0.4054651081289977,
        ],
        &[0.4506922859156639, 0.5493077140843358, 0.4506922859156639, 0.5493077140843358],
    );
}

#[test]
fn as_linfa() {
    use linfa::traits::{Fit as _, Predict as _};
    let Target::Class { codes, .. } = classes(&[0.0, 1.0]) else { panic!() };
    let predicted = |estimator: Estimator, values: &[f64]| {
        let x = blocks(3, values);
        let fitted = fit(estimator, &x, &classes(&[0.0, 1.0]), None).unwrap();
        let Prediction::Class { codes, .. } = fitted.model.predict(&x).unwrap() else { panic!() };
        codes.into_iter().map(|code| code as usize).collect::<Vec<_>>()
    };
    let data = |values: Vec<f64>| {
        let x = ndarray::Array2::from_shape_vec((60, 3), values).unwrap();
        let y = codes.iter().map(|code| *code as usize).collect::<ndarray::Array1<usize>>();
        linfa::Dataset::new(x, y)
    };
    let numbers = data(dense(60, 3));
    let theirs = linfa_bayes::GaussianNb::params().fit(&numbers).unwrap().predict(&numbers);
    assert_eq!(predicted(GaussianNb::default().into(), &dense(60, 3)), theirs.to_vec());
    let numbers = data(counts());
    let theirs = linfa_bayes::MultinomialNb::params().fit(&numbers).unwrap().predict(&numbers);
    assert_eq!(predicted(MultinomialNb::default().into(), &counts()), theirs.to_vec());
}

#[test]
fn a_large_mean_costs_no_digits() {
    let (plain, shifted) = (dense(60, 3), dense(60, 3).iter().map(|x| x + 1e6).collect::<Vec<_>>());
    let shares = |values: &[f64]| {
        let x = blocks(3, values);
        probabilities(&fit(GaussianNb::default(), &x, &classes(&[0.7]), Some(&weights())).unwrap(), &x)
    };
    assert_close(&shares(&shifted), &shares(&plain), 1e-8);
}

#[test]
fn one_thread_or_two() {
    let x = blocks(3, &counts());
    let all: [Estimator; 3] =
        [GaussianNb::default().into(), MultinomialNb::default().into(), BernoulliNb::default().into()];
    for estimator in all {
        let run = |threads| {
            on_threads(threads, || fit(estimator.clone(), &x, &classes(&[0.0, 1.0]), Some(&weights())).unwrap())
        };
        assert_eq!(run(1), run(2));
    }
}

/// Rows far beyond all classes have probabilities too.
#[test]
fn far_rows_have_probabilities() {
    let x = blocks(3, &dense(60, 3));
    let far = Features::from_dense(3, &[1e300, -1e300, 1e300, 0.0, 1e300, 0.0]).unwrap();
    for estimator in [Estimator::from(GaussianNb::default()), BernoulliNb::default().into()] {
        let fitted = fit(estimator, &x, &classes(&[0.7]), None).unwrap();
        let shares = probabilities(&fitted, &far);
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
    }
}

#[test]
fn bad_input_is_refused() {
    let check = |estimator: Estimator, values: &[f64], target: &Target, message: &str| {
        let found = fit(estimator, &blocks(3, values), target, None).map(|fitted| fitted.warnings.join("; "));
        assert_eq!(found.unwrap_or_else(|error| error.to_string()), message);
    };
    let (x, two) = (dense(60, 3), classes(&[0.7]));
    let gaussian = |var_smoothing| Estimator::from(GaussianNb { var_smoothing, ..GaussianNb::default() });
    let priors =
        |priors: &[f64]| Estimator::from(GaussianNb { priors: Some(priors.to_vec()), ..GaussianNb::default() });
    let alpha = |alpha| Estimator::from(MultinomialNb { alpha, ..MultinomialNb::default() });
    let binarize = |binarize| Estimator::from(BernoulliNb { binarize, ..BernoulliNb::default() });
    let flat: Vec<f64> = x.chunks(3).flat_map(|row| [row[0], 7.0, row[2]]).collect();
    check(gaussian(-1.0), &x, &two, "`var_smoothing` must be 0 or more, got `-1`");
    check(gaussian(f64::NAN), &x, &two, "`var_smoothing` must be 0 or more, got `NaN`");
    check(gaussian(0.0), &x, &two, "");
    check(
        gaussian(0.0),
        &flat,
        &two,
        "1 features are the same in all rows of a class, and nothing is added to their variance",
    );
    check(gaussian(1e-9), &flat, &two, "");
    check(gaussian(0.0), &[3.3; 180], &two, "all features are constant: the model knows the classes' shares only");
    check(
        gaussian(1e-9),
        &x.iter().map(|x| x * 1e300).collect::<Vec<_>>(),
        &two,
        "the fit ended in numbers that are not finite: the features differ too much in size",
    );
    check(priors(&[0.5, 0.2, 0.3]), &x, &two, "`gaussian_nb` has shares of 3 classes, and the label has 2");
    check(priors(&[0.5, 0.2]), &x, &two, "`priors` must be shares that add up to 1, got `0.7`");
    check(priors(&[1.0, 0.0]), &x, &two, "`priors` must be shares above 0, got `0`");
    check(alpha(0.0), &counts(), &two, "`alpha` must be above 0, got `0`");
    check(alpha(1e-300), &counts(), &two, "");
    check(alpha(1.0), &x, &two, "53 rows have a negative feature (positions 0, 2, 3, 4, 5)");
    check(binarize(-0.5), &x, &two, "`binarize` must be 0 or more, got `-0.5`");
    let number = Target::Value(vec![1.0; 60]);
    check(gaussian(1e-9), &x, &number, "the estimator `gaussian_nb` predicts classes, and the label is a number");
}
