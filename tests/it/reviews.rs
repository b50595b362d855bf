//! The example *reviews*: two questions of a user study, each one line of configuration or one command, beside what a dozen rows give
//! by hand, and beside what the files say.

use crate::binary::Folder;
use mlspec_store::Store;
use mlspec_table::Table;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a command says as JSON.
fn json(folder: &Folder, arguments: &[&str]) -> Value {
    serde_json::from_str(&folder.run(arguments).expect(0).stdout).unwrap()
}

/// The body of the newest record of a step.
fn body(folder: &Folder, step: &str) -> Value {
    json(folder, &["show", step, "--store", "demo", "--json"])["record"]["body"].clone()
}

fn value(metrics: &Value, name: &str) -> Option<f64> {
    metrics.as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap()["value"].as_f64()
}

/// For each source, how many of its rows trained the model, and which.
fn used(folder: &Folder, source: &str) -> (u64, BTreeSet<u64>) {
    let answer = json(folder, &["usage", "train", "--source", source, "--ids", "--json", "--store", "demo"]);
    let of_model =
        answer["sources"].as_array().unwrap().iter().find(|source| source["role"] == "model").unwrap().clone();
    let rows = of_model["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap().parse().unwrap());
    (of_model["used"].as_u64().unwrap(), rows.collect())
}

fn rows(folder: &Folder, file: &str) -> Vec<Vec<String>> {
    let text = folder.read(&format!("demo/data/{file}.csv"));
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// What the dozen rows are modelled by: a tree that asks whether a review gives four stars or more, judged on the rows it was fitted on.
const BY_HAND: &str = "
  encode:
    uses: encode@1
    inputs: {train: prepared.rows}
    settings:
      fit: train
      encoders: [{pass_through: {columns: [stars]}}]
      label: {column: is_helpful, positive: true}
  train:
    uses: train@1
    inputs: {train: encode.train}
    settings: {estimator: {decision_tree: {max_depth: 1}}}
  judged:
    uses: evaluate@1
    inputs: {model: train.model, data: encode.train}
    settings:
      threshold: 0.7
      fairness: [{source: reviews, column: third_party, min_rows: 1}]
";

#[test]
fn both_questions_are_answered_as_by_hand() {
    let folder = Folder::new();
    folder.run(&["example", "reviews", "demo", "--products", "2"]).expect(0);
    let pipeline = folder.read("demo/pipeline.yaml");
    let (prepared, _) = pipeline.split_once("  # All reviews of a product go to one part").unwrap();
    folder.write("demo/pipeline.yaml", format!("{prepared}{BY_HAND}"));
    folder
        .write("demo/data/products.csv", "product,category,price\n1,kitchen,10\n2,garden,20\n3,audio,30\n4,toys,40\n");
    // Rating 3 is too old, product 4 has no review.
    folder.write(
        "demo/data/ratings.csv",
        "rating,product,stars,date\n1,1,5,2023-01-01\n2,1,3,2023-02-01\n3,2,4,2021-01-01\n4,2,2,2023-03-01\n5,3,1,2023-03-02\n6,4,5,2023-03-03\n",
    );
    // Helpful are 1, 2, 3 and 6 to 9. Review 11 has too few votes, review 12 is of a product that there is not.
    folder.write(
        "demo/data/reviews.csv",
        "review,product,stars,votes,helpful,third_party,text\n\
         1,1,5,4,4,false,a\n2,1,4,4,3,false,b\n3,1,2,8,6,false,c\n4,2,5,4,1,false,d\n5,2,2,4,0,false,e\n\
         6,3,4,5,5,true,f\n7,3,2,5,5,true,g\n8,3,2,5,4,true,h\n9,2,5,4,4,true,i\n10,2,2,4,1,true,j\n\
         11,1,5,2,2,true,k\n12,9,5,4,4,false,l\n",
    );
    folder.run(&["run", "demo/pipeline.yaml"]).expect(0);

    // First question: the equal-opportunity difference between reviews of third parties and others. Of those of third parties, 6 and 9 of
    // four that are helpful (6, 7, 8, 9) are found: 1/2. Of the others 1 and 2 of three (1, 2, 3): 2/3.
    let fairness = body(&folder, "judged")["fairness"][0].clone();
    let groups = fairness["groups"].as_array().unwrap();
    let group = |at: usize| -> (Value, u64, u64, [f64; 3]) {
        let rate = |name: &str| groups[at][name].as_f64().unwrap();
        let rates = [rate("selection_rate"), rate("true_positive_rate"), rate("false_positive_rate")];
        (
            groups[at]["value"].clone(),
            groups[at]["rows"].as_u64().unwrap(),
            groups[at]["positive"].as_u64().unwrap(),
            rates,
        )
    };
    assert_eq!(group(0), (json!("false"), 5, 3, [3.0 / 5.0, 2.0 / 3.0, 1.0 / 2.0]));
    assert_eq!(group(1), (json!("true"), 5, 4, [2.0 / 5.0, 2.0 / 4.0, 0.0]));
    for (name, expect) in [
        ("equal_opportunity_difference", 2.0 / 3.0 - 1.0 / 2.0),
        ("equal_opportunity_ratio", (1.0 / 2.0) / (2.0 / 3.0)),
        ("demographic_parity_difference", 3.0 / 5.0 - 2.0 / 5.0),
        ("demographic_parity_ratio", (2.0 / 5.0) / (3.0 / 5.0)),
        ("predictive_equality_difference", 1.0 / 2.0),
        ("predictive_equality_ratio", 0.0),
        ("equalized_odds_difference", 1.0 / 2.0),
        ("equalized_odds_ratio", 0.0),
    ] {
        assert_eq!(value(&fairness["metrics"], name), Some(expect), "{name}");
    }

    // Second question: the records of products and ratings that trained the model, by row.
    assert_eq!(used(&folder, "products"), (3, BTreeSet::from([0, 1, 2])));
    assert_eq!(used(&folder, "ratings"), (4, BTreeSet::from([0, 1, 3, 4])));
    assert_eq!(used(&folder, "reviews").1, (0..10).collect());
}

#[test]
fn the_example_answers_as_its_files_do() {
    let folder = Folder::new();
    folder.run(&["example", "reviews", "demo", "--products", "150", "--run"]).expect(0);
    assert!(folder.read("demo/report.html").contains("Fairness by"));
    folder.run(&["validate", "demo/pipeline.yaml", "demo/.mlspec/records"]).expect(0);
    let result = body(&folder, "test")["result"].clone();
    assert!(value(&result["metrics"], "roc_auc_score").unwrap() > 0.6, "{}", result["metrics"]);
    for leak in body(&folder, "test")["shared_with_training"].as_array().unwrap() {
        assert_eq!(leak["shared"], 0, "{leak}");
    }

    // The true positive rates are the recalls that slices give, and the difference lies between them.
    let slices = result["slices"].as_array().unwrap();
    let by = slices.iter().find(|slice| slice["column"] == "third_party").unwrap();
    let recalls: Vec<f64> = by["slices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slice| value(&slice["metrics"], "recall_score").unwrap())
        .collect();
    let fairness = &result["fairness"][0];
    let rates: Vec<f64> = fairness["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["true_positive_rate"].as_f64().unwrap())
        .collect();
    assert_eq!(rates, recalls);
    assert_eq!(value(&fairness["metrics"], "equal_opportunity_difference"), Some((recalls[0] - recalls[1]).abs()));

    // The rows that trained the model are those that the files give for the products of the training part.
    let store = Store::open(folder.path().join("demo/.mlspec")).unwrap();
    let live = store.live(&mlspec_record::Name::new("reviews").unwrap()).unwrap().unwrap();
    let (_, split) = live.steps.iter().find(|(step, _)| step.as_str() == "split").unwrap();
    let train = split.outputs.iter().find(|output| output.port.as_str() == "train").unwrap();
    let train = Table::read(&store, &train.artifact.digest).unwrap();
    let trained: BTreeSet<String> =
        train.column("product").unwrap().i64().unwrap().iter().map(|id| id.unwrap().to_string()).collect();
    let expected = |file: &str, of: &dyn Fn(&[String]) -> bool| -> BTreeSet<u64> {
        rows(&folder, file).iter().zip(0..).filter(|(row, _)| of(row)).map(|(_, id)| id).collect()
    };
    assert_eq!(used(&folder, "products").1, expected("products", &|row| trained.contains(&row[0])));
    assert_eq!(
        used(&folder, "ratings").1,
        expected("ratings", &|row| trained.contains(&row[1]) && row[3].as_str() >= "2022-07-01")
    );
    let votes = |row: &[String]| row[3].parse::<u64>().unwrap() >= 4;
    assert_eq!(used(&folder, "reviews").1, expected("reviews", &|row| trained.contains(&row[1]) && votes(row)));
}
