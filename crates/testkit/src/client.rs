//! A caller of the public API whose documents are a test's own: the client of lockkeeper's programs, and what tests expect
//! of its answers.

use crate::sse::Stream;
use lockkeeper_client::Error;
use serde_json::{Value, json};

/// One caller of one server.
#[derive(Clone)]
pub struct Client {
    client: lockkeeper_client::Client,
    token: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn new(url: &str, token: &str) -> Client {
        Client { client: lockkeeper_client::Client::new(url, token).unwrap(), token: token.to_owned() }
    }

    /// The same caller at another server.
    pub fn at(&self, url: &str) -> Client {
        Client::new(url, &self.token)
    }

    /// The client itself, for its typed operations.
    pub fn typed(&self) -> &lockkeeper_client::Client {
        &self.client
    }

    /// Sends an operation, and returns the answer as it is.
    pub async fn send(&self, document: &str, variables: Value) -> Answer {
        self.try_send(document, variables).await.unwrap()
    }

    /// As [`Client::send`], where there may be no server.
    pub async fn try_send(&self, document: &str, variables: Value) -> Result<Answer, Error> {
        let answer = self.client.send(document, &variables).await?;
        let body = serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
        Ok(Answer { status: answer.status, body })
    }

    /// Sends an operation that must have no error, and returns its data.
    pub async fn query(&self, document: &str, variables: Value) -> Value {
        let Answer { mut body, .. } = self.send(document, variables.clone()).await;
        assert!(body["errors"].is_null(), "{document}\n{variables}\n{body:#}");
        body["data"].take()
    }

    /// Sends an operation that must have exactly one error, and returns it.
    pub async fn error(&self, document: &str, variables: Value) -> Value {
        let Answer { mut body, .. } = self.send(document, variables).await;
        let many = body["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(many, 1, "errors of {document}\n{body:#}");
        body["errors"][0].take()
    }

    /// Sends one mutation with its input, and returns its payload: what was selected, and `userErrors`.
    pub async fn mutate(&self, mutation: &str, input: Value, selection: &str) -> Value {
        let mut data = self.query(&mutation_document(mutation, selection), json!({ "input": input })).await;
        data[mutation].take()
    }

    /// As [`Client::mutate`], where nothing may be wrong with the input.
    pub async fn change(&self, mutation: &str, input: Value, selection: &str) -> Value {
        let payload = self.mutate(mutation, input.clone(), selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation} {input:#}");
        payload
    }

    /// As [`Client::mutate`], where something must be wrong. Returns the problems, each as
    /// `CODE path.of.field [ids]`.
    pub async fn problems(&self, mutation: &str, input: Value) -> Vec<String> {
        let payload = self.mutate(mutation, input, "__typename").await;
        payload["userErrors"].as_array().unwrap().iter().map(problem).collect()
    }

    /// Subscribes over server-sent events.
    pub async fn subscribe(&self, document: &str, variables: Value) -> Stream {
        self.subscribe_after(document, variables, None).await
    }

    /// As [`Client::subscribe`], where there may be no server.
    pub async fn try_subscribe(&self, document: &str, variables: Value) -> Result<Stream, Error> {
        Ok(Stream::new(self.client.open(document, &variables, None).await?))
    }

    /// Subscribes, going on behind the event with this id, as a browser does when it connects again.
    pub async fn subscribe_after(&self, document: &str, variables: Value, last_event_id: Option<&str>) -> Stream {
        Stream::new(self.client.open(document, &variables, last_event_id).await.unwrap())
    }
}

/// Mutations that have no input.
pub const WITHOUT_INPUT: [&str; 2] = ["unfreezeFleet", "resumeFleet"];

/// A document with this one mutation, its input a variable.
pub fn mutation_document(mutation: &str, selection: &str) -> String {
    if WITHOUT_INPUT.contains(&mutation) {
        return format!("mutation {{ {mutation} {{ {selection} userErrors {{ code field message relatedIds }} }} }}");
    }
    let input = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{
            {selection} userErrors {{ code field message relatedIds }} }} }}"
    )
}

fn problem(error: &Value) -> String {
    let list = |key: &str, by: &str| {
        let items = error[key].as_array().into_iter().flatten();
        items.map(|item| item.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(by)
    };
    let message = error["message"].as_str().unwrap();
    assert!(message.ends_with(['.', '?', '!']), "a message is a sentence: {message:?}");
    format!("{} {} [{}]", error["code"].as_str().unwrap(), list("field", "."), list("relatedIds", " "))
}
