//! Asking over HTTP, one request after the other, and the time that each takes.

use crate::questions::Question;
use crate::table::Cell;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::time::{Duration, Instant};
use testkit::large::Size;
use testkit::{Client, Server};

/// Times of one kind, from the shortest to the longest.
#[derive(Clone, Debug)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn new(mut times: Vec<Duration>) -> Times {
        times.sort_unstable();
        Times(times)
    }

    /// The time that this share of them, in percent, did not exceed, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent).div_ceil(100).clamp(1, self.0.len());
        self.0[place - 1].as_secs_f64() * 1000.0
    }

    /// The median and the slowest of a hundred, compared by the median.
    pub fn cell(&self) -> Cell {
        let p50 = self.percentile(50);
        Cell::new(format!("{p50:.1} / {:.1}", self.percentile(99)), p50)
    }
}

/// A caller of a server.
pub struct Asking {
    client: Client,
    /// For `/metrics`, which is no part of the API.
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Asking {
    pub fn new(server: &Server) -> Asking {
        let token = server.token("bench", "admin");
        let client = Client::new(&server.url, &token);
        Asking { client, http: reqwest::Client::new(), url: server.url.clone(), token }
    }

    /// Asks so many times, and before that a few times unmeasured unless it may be asked only once.
    pub async fn ask(&self, question: &Question, size: &Size, times: i64, unmeasured: i64) -> anyhow::Result<Times> {
        let after = match question.second_page {
            None => Value::Null,
            Some(path) => {
                let first = self.answer(question.document, (question.variables)(size, 0)).await?;
                let first: Value = serde_json::from_slice(&first)?;
                let cursor = first.pointer(path).filter(|cursor| cursor.is_string());
                cursor.with_context(|| format!("{}: no second page", question.name))?.clone()
            }
        };
        let mut measured = Vec::new();
        for n in 0..unmeasured + times {
            let mut variables = (question.variables)(size, n);
            variables["after"] = after.clone();
            let began = Instant::now();
            self.answer(question.document, variables).await.context(question.name)?;
            if n >= unmeasured {
                measured.push(began.elapsed());
            }
        }
        Ok(Times::new(measured))
    }

    /// The answer to a document, in which nothing may be wrong.
    pub async fn answer(&self, document: &str, variables: Value) -> anyhow::Result<Vec<u8>> {
        let answer = self.client.typed().send(document, &variables).await?.body;
        let text = String::from_utf8_lossy(&answer);
        let wrong = text.contains("\"errors\":") || text.contains("\"code\":");
        ensure!(!wrong, "{}", text.chars().take(500).collect::<String>());
        Ok(answer.to_vec())
    }

    /// What `/metrics` tells.
    pub async fn figures(&self) -> anyhow::Result<String> {
        let request = self.http.get(format!("{}/metrics", self.url)).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?.text().await?)
    }

    /// Reads `/metrics` so many times.
    pub async fn metrics(&self, times: i64) -> anyhow::Result<Times> {
        let mut measured = Vec::new();
        for _ in 0..times {
            let began = Instant::now();
            self.figures().await?;
            measured.push(began.elapsed());
        }
        Ok(Times::new(measured))
    }
}
