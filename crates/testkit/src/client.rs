//! A client of the public API, as any program would be one.

use crate::sse::Stream;
use serde_json::{Value, json};

/// One caller of one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
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
        Client { http: reqwest::Client::new(), url: format!("{url}/graphql"), token: token.to_owned() }
    }

    /// The same caller at another server.
    pub fn at(&self, url: &str) -> Client {
        Client::new(url, &self.token)
    }

    /// Sends an operation, and returns the answer as it is.
    pub async fn send(&self, document: &str, variables: Value) -> Answer {
        self.try_send(document, variables).await.unwrap()
    }

    /// As [`Client::send`], where there may be no server.
    pub async fn try_send(&self, document: &str, variables: Value) -> reqwest::Result<Answer> {
        let response = self
            .http
            .post(&self.url)
            .bearer_auth(&self.token)
            .json(&json!({ "query": document, "variables": variables }))
            .send()
            .await?;
        Ok(Answer { status: response.status().as_u16(), body: response.json().await? })
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
    pub async fn try_subscribe(&self, document: &str, variables: Value) -> reqwest::Result<Stream> {
        let response = self.subscription(document, variables).send().await?;
        Ok(Stream::new(response.error_for_status()?))
    }

    /// Subscribes, going on behind the event with this id, as a browser does when it connects again.
    pub async fn subscribe_after(&self, document: &str, variables: Value, last_event_id: Option<&str>) -> Stream {
        let mut request = self.subscription(document, variables);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        Stream::new(request.send().await.unwrap())
    }

    fn subscription(&self, document: &str, variables: Value) -> reqwest::RequestBuilder {
        self.http
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("accept", "text/event-stream")
            .json(&json!({ "query": document, "variables": variables }))
    }
}

/// A document with this one mutation, its input a variable.
pub fn mutation_document(mutation: &str, selection: &str) -> String {
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
