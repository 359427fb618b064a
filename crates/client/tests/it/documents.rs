//! Every document fits the server's schema, and so do the words that the client knows.

use apollo_compiler::{ExecutableDocument, Schema};
use lockkeeper_client::operations::list::Label;
use lockkeeper_client::operations::start::{Amount, PerLabel, RolloutInput, WaveInput, WavesByInput};
use lockkeeper_client::operations::{instance, output, pause, release, version, wave};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const SCHEMA: &str = include_str!("../../../../schema.graphql");

/// The files of a directory, without the directories in it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).collect()
}

#[test]
fn every_document_fits_the_schema_and_has_the_operation_of_its_name() {
    let schema = Schema::parse_and_validate(SCHEMA, "schema.graphql").unwrap();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
    let mut count = 0;
    for path in files(&directory) {
        let mut text = fs::read_to_string(&path).unwrap();
        for fragment in files(&directory.join("fragments")) {
            if text.contains(&format!("...{}", fragment.file_stem().unwrap().to_str().unwrap())) {
                text += &fs::read_to_string(fragment).unwrap();
            }
        }
        let document =
            ExecutableDocument::parse_and_validate(&schema, text, &path).unwrap_or_else(|errors| panic!("{errors}"));
        let names: Vec<_> = document.operations.named.keys().map(|name| name.as_str().to_owned()).collect();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(names, [stem], "a document has one operation, named as its file");
        count += 1;
    }
    assert!(count > 5, "only {count} documents");
}

#[test]
fn the_words_are_those_of_the_schema() {
    let schema = Schema::parse_and_validate(SCHEMA, "schema.graphql").unwrap();
    for (name, known) in [
        ("BuildStatus", version::BuildStatus::WORDS),
        ("InstanceStatus", instance::InstanceStatus::WORDS),
        ("LogStream", output::LogStream::WORDS),
        ("ReleaseStatus", release::ReleaseStatus::WORDS),
        ("ReleaseTargetStatus", release::TargetStatus::WORDS),
        ("ReleaseAction", release::ReleaseAction::WORDS),
        ("ReleaseEventKind", release::EventKind::WORDS),
        ("WaveStatus", wave::WaveStatus::WORDS),
        ("PauseReason", pause::PauseReason::WORDS),
    ] {
        let values = &schema.get_enum(name).unwrap().values;
        let words: Vec<&str> = values.keys().map(apollo_compiler::Name::as_str).collect();
        assert_eq!(words, known, "{name}");
    }
}

/// Asserts that an input of the schema has each member of this value, and so on for the values in it.
fn assert_has_fields(schema: &Schema, input: &str, value: &Value) {
    let fields = &schema.get_input_object(input).unwrap_or_else(|| panic!("{input} is no input")).fields;
    for (name, value) in value.as_object().unwrap() {
        let field = fields.get(name.as_str()).unwrap_or_else(|| panic!("{input} has no field {name}"));
        let inner = match value {
            Value::Array(items) => items.first(),
            value => Some(value),
        };
        if let Some(inner) = inner.filter(|inner| inner.is_object()) {
            assert_has_fields(schema, field.ty.inner_named_type(), inner);
        }
    }
}

#[test]
fn a_rollout_has_the_fields_of_the_schema() {
    let schema = Schema::parse_and_validate(SCHEMA, "schema.graphql").unwrap();
    let label = Label { key: "role".to_owned(), value: "canary".to_owned() };
    let wave = WaveInput { up_to: Amount::Percent(1), soak_seconds: Some(1), pause_after: Some(true) };
    let waves_by = WavesByInput {
        key: "zone".to_owned(),
        first: Some(vec!["a".to_owned()]),
        soak_seconds: Some(1),
        first_soak_seconds: Some(1),
        pause_after_first: Some(true),
    };
    let rollout = RolloutInput {
        max_parallel: Some(Amount::Count(1)),
        max_failures: Some(Amount::Count(1)),
        max_unreachable: Some(Amount::Count(1)),
        max_per_label: Some(PerLabel { key: "rack".to_owned(), count: 1 }),
        on_failure: Some("STOP".to_owned()),
        withdraw_on_undo: Some(true),
        timeout_seconds: Some(1),
        deadline_seconds: Some(1),
        waves: Some(vec![wave]),
        waves_by: Some(waves_by),
        order: Some("AS_GIVEN".to_owned()),
        first: Some(vec![label]),
    };
    assert_has_fields(&schema, "RolloutInput", &serde_json::to_value(rollout).unwrap());
}
