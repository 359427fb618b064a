//! Where the text of a document comes from: from the request itself, or from the documents that the operator trusts.

use super::checked_operation::CheckedOperation;
use super::errors::error;
use super::schema_index::SchemaIndex;
use crate::limits::Limits;
use crate::wire::ErrorCode;
use async_graphql::ServerError;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file of trusted documents, in MiB.
const MAX_FILE_MEBIBYTES: u64 = 16;
/// The most invalid documents that a message lists.
const MAX_LISTED: usize = 10;

/// How a request refers to its document.
#[derive(Debug)]
pub enum DocumentSource {
    /// By its text.
    Text(String),
    /// By its id among the trusted documents.
    Id(String),
    /// Only by the hash of its text, as automatic persisted queries try first. The server stores no texts for them.
    Hash,
}

impl From<String> for DocumentSource {
    fn from(text: String) -> DocumentSource {
        DocumentSource::Text(text)
    }
}

/// Documents that the operator trusts, by their ids.
pub struct TrustedDocuments(HashMap<String, Arc<str>>);

/// Why a file of trusted documents cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("The trusted documents in {file} cannot be used: {problem}", file = file.display())]
pub struct TrustedDocumentsError {
    file: PathBuf,
    problem: String,
}

impl TrustedDocuments {
    /// Reads a file, and checks all of its documents.
    pub fn read(schema: &SchemaIndex, limits: &Limits, file: &Path) -> Result<TrustedDocuments, TrustedDocumentsError> {
        let unusable = |problem: String| TrustedDocumentsError { file: file.to_owned(), problem };
        let texts = texts(file).map_err(unusable)?;
        let invalid: Vec<_> =
            texts.iter().filter_map(|(id, text)| Some((id, first_error(schema, limits, text)?))).collect();
        if !invalid.is_empty() {
            let listed = invalid.iter().take(MAX_LISTED);
            let listed: String = listed.map(|(id, problem)| format!("\n  document {id:?}: {problem}")).collect();
            let count = invalid.len();
            return Err(unusable(format!("{count} of {} are not valid for the schema:{listed}", texts.len())));
        }
        let documents = texts.into_iter().flat_map(|(id, text)| {
            let text = Arc::<str>::from(text);
            // The specification of GraphQL over HTTP has this form of ids for every document.
            [(hash(&text), text.clone()), (id, text)]
        });
        Ok(TrustedDocuments(documents.collect()))
    }

    fn find(&self, id: &str) -> Option<String> {
        self.0.get(id).map(ToString::to_string)
    }
}

impl DocumentSource {
    /// Returns the text of the document, or why it must not run. `trusted` are the only documents that may run, if the
    /// operator trusts no others.
    pub fn text(self, trusted: Option<&TrustedDocuments>) -> Result<String, ServerError> {
        let (code, message) = match (self, trusted) {
            (DocumentSource::Text(text), None) => return Ok(text),
            (DocumentSource::Text(_), Some(_)) => {
                let message =
                    "This server executes only trusted documents. Send the `documentId` of one instead of a text.";
                (ErrorCode::Forbidden, message.to_owned())
            }
            (DocumentSource::Id(id), Some(trusted)) => match trusted.find(&id) {
                Some(text) => return Ok(text),
                None => (
                    ErrorCode::PersistedQueryNotFound,
                    format!("No trusted document has the id `{id}`. Ask the operator to add the document."),
                ),
            },
            (DocumentSource::Id(id), None) => {
                let message = format!(
                    "No document has the id `{id}`: this server has no trusted documents. Send the text in `query`."
                );
                (ErrorCode::PersistedQueryNotFound, message)
            }
            // Clients compare the message.
            (DocumentSource::Hash, _) => {
                (ErrorCode::PersistedQueryNotSupported, "PersistedQueryNotSupported".to_owned())
            }
        };
        Err(error(code, message, None))
    }
}

fn texts(file: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_MEBIBYTES << 20;
    let read = File::open(file).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("the file cannot be read: {error}."))?;
    if bytes.len() as u64 > limit {
        return Err(format!(
            "the file is larger than {MAX_FILE_MEBIBYTES} MiB. Remove documents that no client sends."
        ));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("the file must be a JSON object from ids to the texts of documents: {error}."))
}

/// Returns the first error of a document, or `None` if each of its operations is valid and within the limits.
fn first_error(schema: &SchemaIndex, limits: &Limits, text: &str) -> Option<String> {
    let error = CheckedOperation::check_all(schema, limits, text).err()?.into_iter().next()?;
    let position =
        error.locations.first().map(|position| format!(" (line {}, column {})", position.line, position.column));
    Some(format!("{}{}", error.message, position.unwrap_or_default()))
}

/// Returns the id that every client can compute from a text.
fn hash(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Gate;

    fn refusal(json: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, json).unwrap();
        let problem = Gate::for_api(Limits::default()).trust_only(file.path()).unwrap_err();
        problem
            .to_string()
            .strip_prefix(&format!("The trusted documents in {} ", file.path().display()))
            .unwrap()
            .into()
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_with_what_is_wrong() {
        let missing =
            Gate::for_api(Limits::default()).trust_only(Path::new("no-such-file.json")).unwrap_err().to_string();
        assert!(missing.starts_with("The trusted documents in no-such-file.json cannot be used: "), "{missing}");
        assert!(missing.contains("cannot be read: No such file"), "{missing}");
        for json in ["", "[]", "{", "{\"a\": 1}", "{\"a\": null}", "{\"a\": \"{ viewer { name } }\"} x"] {
            let problem = refusal(json);
            assert!(problem.contains("a JSON object from ids to the texts"), "{json}: {problem}");
        }
        let large = format!("{{\"a\": \"#{}\"}}", "x".repeat(MAX_FILE_MEBIBYTES as usize * 1024 * 1024));
        assert_eq!(
            refusal(&large),
            "cannot be used: the file is larger than 16 MiB. Remove documents that no client sends."
        );
    }

    #[test]
    fn every_document_and_every_operation_of_it_is_checked_with_its_id_in_the_message() {
        let good = "query A { viewer { name } } query B { viewer { role } }";
        let wrong = "query A { viewer { name } }\nquery B { viewer { nothing } }";
        let long: String = (0..21).map(|number| format!(" a{number}: viewer {{ name }}")).collect();
        let json =
            serde_json::json!({ "ok": good, "unknown": wrong, "cut": "{ viewer", "long": format!("{{{long} }}") });
        let problem = refusal(&json.to_string());
        let lines: Vec<_> = problem.lines().collect();
        assert_eq!(lines[0], "cannot be used: 3 of 4 are not valid for the schema:");
        assert!(lines[1].starts_with("  document \"cut\": "), "{problem}");
        assert!(lines[2].starts_with("  document \"long\": ") && lines[2].contains("`root_fields`"), "{problem}");
        assert!(
            lines[3].starts_with("  document \"unknown\": ") && lines[3].ends_with("(line 2, column 20)"),
            "{problem}"
        );
        let many: serde_json::Map<_, _> = (0..30).map(|number| (number.to_string(), "{".into())).collect();
        assert_eq!(refusal(&serde_json::Value::from(many).to_string()).lines().count(), 1 + MAX_LISTED);
    }
}
