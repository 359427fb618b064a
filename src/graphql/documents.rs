//! Documents that were found valid, kept for the next request with the same text: programs ask the same few things all
//! the time, and parsing and validating them takes longer than answering.

use super::variables;
use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextValidation};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{CacheControl, ServerError, ServerResult, ValidationResult, Variables};
use hashlink::LruCache;
use std::sync::{Arc, Mutex, PoisonError};

/// Documents that are kept at most, and the length of all their texts. What was parsed takes some twenty times as much.
const DOCUMENTS: usize = 1_000;
const BYTES: usize = 1024 * 1024;

/// A document, with its text.
#[derive(Debug)]
pub struct Document {
    pub text: String,
    pub parsed: ExecutableDocument,
}

/// The document of a request, and whether it was found valid before.
#[derive(Clone, Debug)]
pub struct Asked {
    pub document: Arc<Document>,
    pub valid: bool,
}

/// Which operation of its document a request means, where it says so.
pub(super) struct OperationName(pub Option<String>);

/// The documents that are kept: those that were used last. Clones share them.
#[derive(Clone, Default)]
pub struct Documents(Arc<Mutex<Kept>>);

struct Kept {
    by_text: LruCache<String, Arc<Document>>,
    bytes: usize,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { by_text: LruCache::new_unbounded(), bytes: 0 }
    }
}

impl Documents {
    /// The document with this text, if it was found valid and is kept.
    pub fn find(&self, text: &str) -> Option<Asked> {
        let document = self.0.lock().unwrap_or_else(PoisonError::into_inner).by_text.get(text)?.clone();
        Some(Asked { document, valid: true })
    }

    fn keep(&self, document: &Arc<Document>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += document.text.len();
        if let Some(before) = kept.by_text.insert(document.text.clone(), document.clone()) {
            kept.bytes -= before.text.len();
        }
        while kept.bytes > BYTES || kept.by_text.len() > DOCUMENTS {
            let Some((text, _)) = kept.by_text.remove_lru() else { break };
            kept.bytes -= text.len();
        }
    }
}

impl ExtensionFactory for Documents {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

/// How the library is told: it validates every document that it is given, unless somebody does so in its place.
#[async_trait]
impl Extension for Documents {
    /// Variables are looked at for each request, before anything else is.
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        let name = ctx.data_opt::<OperationName>().and_then(|name| name.0.as_deref());
        variables::check(&ctx.schema_env.registry, &document, name, variables)?;
        Ok(document)
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let asked = ctx.data_opt::<Asked>();
        if asked.is_some_and(|asked| asked.valid) {
            return Ok(ValidationResult { cache_control: CacheControl::default(), complexity: 0, depth: 0 });
        }
        let found = next.run(ctx).await?;
        if let Some(asked) = asked {
            self.keep(&asked.document);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn document(text: String) -> Arc<Document> {
        Arc::new(Document { parsed: parse_query(&text).unwrap(), text })
    }

    #[test]
    fn as_many_documents_are_kept_as_fit_and_those_used_last() {
        let documents = Documents::default();
        let text = |number: usize| format!("{{ a{number} }}");
        for number in 0..DOCUMENTS {
            documents.keep(&document(text(number)));
        }
        assert!(documents.find(&text(0)).is_some_and(|asked| asked.valid));
        documents.keep(&document(text(DOCUMENTS)));
        assert!(documents.find(&text(0)).is_some(), "it was used last");
        assert!(documents.find(&text(1)).is_none(), "it was not");

        let long = format!("{{ a }} # {}", "x".repeat(BYTES / 2));
        documents.keep(&document(long.clone()));
        documents.keep(&document(long.clone()));
        assert!(documents.find(&text(DOCUMENTS)).is_some(), "the same one twice takes no more room");
        documents.keep(&document(long.clone() + "y"));
        assert!(documents.find(&text(DOCUMENTS)).is_some() && documents.find(&long).is_none());
        let kept = documents.0.lock().unwrap();
        assert_eq!((kept.by_text.len(), kept.bytes), (2, long.len() + 1 + text(DOCUMENTS).len()));
    }
}
