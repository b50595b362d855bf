//! Every case of the table: verdict, pointer, keyword; and the place of every problem in JSON and in YAML.

use super::cases::{Case, Expect, cases};
use crate::{problem::split_last, *};
use mlspec_record::{Envelope, Kind, Object, PipelineFile, body, object};
use serde_json::{Value, json};

fn verdict(case: &Case) -> Vec<Problem> {
    let schema = crate::published::newest(&case.schema, None).unwrap().schema().unwrap();
    crate::validate::check(schema, &case.document).err().unwrap_or_default()
}

#[test]
fn every_case_is_judged_as_expected() {
    for case in cases() {
        let problems = verdict(&case);
        match &case.expect {
            Expect::Valid => assert_eq!(problems, [], "{}", case.name),
            Expect::Schema(pointer, keyword) | Expect::Rule(pointer, keyword) => assert!(
                problems.iter().any(|problem| problem.pointer == *pointer && problem.keyword == *keyword),
                "{}: {problems:#?}",
                case.name
            ),
        }
    }
}

#[test]
fn documents_that_name_their_schema_are_judged_alike() {
    for case in cases() {
        let found = crate::claim::claimed(&case.document);
        // An edit of `schema` or `kind` may lead elsewhere; all others lead to the schema of the table.
        if let Ok(schema) = found
            && schema.name().contains(&format!(":{}:", case.schema))
        {
            let expect = verdict(&case);
            assert_eq!(validate_record(&case.document).err().unwrap_or_default(), expect, "{}", case.name);
        } else {
            assert!(case.name.contains("/schema") || case.name.contains("/kind"), "{}", case.name);
        }
    }
}

/// What the schema and the rules accept, the types read.
#[test]
fn valid_documents_are_read_by_the_types() {
    fn read<T: serde::de::DeserializeOwned>(document: &Value) -> Result<(), String> {
        serde_json::from_value::<T>(document.clone()).map(drop).map_err(|error| error.to_string())
    }
    for case in cases().iter().filter(|case| matches!(case.expect, Expect::Valid)) {
        let document = &case.document;
        let read = match case.schema.parse() {
            Ok(Kind::Ingestion) => read::<Envelope<body::Ingestion>>(document),
            Ok(Kind::Analysis) => read::<Envelope<body::Analysis>>(document),
            Ok(Kind::Transformation) => read::<Envelope<body::Transformation>>(document),
            Ok(Kind::Validation) => read::<Envelope<body::Validation>>(document),
            Ok(Kind::Splitting) => read::<Envelope<body::Splitting>>(document),
            Ok(Kind::Training) => read::<Envelope<body::Training>>(document),
            Ok(Kind::Evaluation) => read::<Envelope<body::Evaluation>>(document),
            Ok(Kind::Test) => read::<Envelope<body::Test>>(document),
            Ok(Kind::Monitoring) => read::<Envelope<body::Monitoring>>(document),
            Ok(Kind::Prediction) => read::<Envelope<body::Prediction>>(document),
            Ok(Kind::Dataset) => read::<Object<object::Dataset>>(document),
            Ok(Kind::DatasetVersion) => read::<Object<object::DatasetVersion>>(document),
            Ok(Kind::Artifact) => read::<Object<object::Artifact>>(document),
            Ok(Kind::Pipeline) => read::<Object<object::Pipeline>>(document),
            Ok(Kind::PipelineRun) => read::<Object<object::PipelineRun>>(document),
            Ok(Kind::StepRun) => read::<Object<object::StepRun>>(document),
            Ok(_) => Err("a new kind has no type here".to_owned()),
            Err(_) => read::<PipelineFile>(document),
        };
        assert_eq!(read, Ok(()), "{}", case.name);
    }
}

/// The oracle of places: put a mark where the pointer points, write the document again, and look for the mark.
fn expected_place(document: &Value, finding: &Finding, target: Target) -> (u64, u64) {
    const MARK: &str = "@@mark@@";
    let mut marked = document.clone();
    if target == Target::Key {
        let (parent, key) = split_last(&finding.pointer).unwrap();
        let members = marked.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        *members = members.iter().map(|(k, v)| (if *k == key { MARK } else { k }.to_owned(), v.clone())).collect();
    } else {
        *marked.pointer_mut(&finding.pointer).unwrap() = json!(MARK);
    }
    let text = format!("{marked:#}");
    let (number, line) = text.lines().enumerate().find(|(_, line)| line.contains(MARK)).unwrap();
    let byte = line.find(MARK).unwrap() - 1; // the quotation mark
    (number as u64 + 1, line[..byte].chars().count() as u64 + 1)
}

#[test]
fn every_problem_has_its_line_and_column() {
    let mut told = 0;
    for case in cases() {
        let problems = verdict(&case);
        let checker =
            Checker::new(CheckOptions { schema: Some(case.schema.clone()), ..CheckOptions::default() }).unwrap();
        let text = format!("{:#}", case.document);
        // JSON is YAML too: the same text must have the same places through the other reader.
        for name in ["document.json", "document.yaml"] {
            let report = checker.check_text(name, &text);
            let findings = &report.files[0].findings;
            assert_eq!(findings.len(), problems.len(), "{name}: {}: {findings:#?}", case.name);
            for finding in findings {
                let same =
                    |problem: &&Problem| (&problem.pointer, &problem.message) == (&finding.pointer, &finding.message);
                let problem = problems.iter().find(same).unwrap();
                let position = finding.position.unwrap();
                let expect = expected_place(&case.document, finding, problem.target);
                assert_eq!((position.line, position.column), expect, "{name}: {}: {problem}", case.name);
                told += 1;
            }
        }
    }
    assert!(told > 100, "{told}");
}

/// No message, help or rendering shows a value of the document.
#[test]
fn values_are_never_shown() {
    const SECRET: &str = "tr0ub4dor&3 secret";
    let mut seen = 0;
    for kind in Kind::ALL {
        let document = super::bases::base(kind);
        let mut pointers = Vec::new();
        collect(&document, "", &mut pointers);
        for pointer in pointers {
            let mut document = document.clone();
            *document.pointer_mut(&pointer).unwrap() = json!(SECRET);
            let checker =
                Checker::new(CheckOptions { schema: Some(kind.to_string()), ..CheckOptions::default() }).unwrap();
            let report = checker.check_text("x.json", &document.to_string());
            seen += report.problems();
            for format in [Format::Text, Format::Json, Format::Junit, Format::Github] {
                assert!(!report.render(format).contains("tr0ub4dor"), "{kind}{pointer}");
            }
        }
    }
    assert!(seen > 100);
}

pub(super) fn collect(value: &Value, pointer: &str, out: &mut Vec<String>) {
    if !pointer.is_empty() {
        out.push(pointer.to_owned());
    }
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, &format!("{pointer}/{at}"), out))
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| collect(member, &crate::problem::join(pointer, key), out));
        }
        _ => {}
    }
}
