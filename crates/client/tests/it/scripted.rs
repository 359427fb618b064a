//! A server that answers requests from a script, each on a connection of its own.

use lockkeeper_client::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a scripted server does with one request.
#[derive(Clone)]
pub enum Step {
    /// Answers with this status, content type and body; then the connection is closed.
    Answer(u16, &'static str, String),
    /// Reads the request, and closes the connection without an answer.
    Lose,
    /// Sends this part of an event stream, and breaks the connection.
    Stream(String),
}

impl Step {
    pub fn json(body: &str) -> Step {
        Step::Answer(200, "application/json; charset=utf-8", body.to_owned())
    }

    /// An answer with one error of this code.
    pub fn error(status: u16, code: &str, more: &str) -> Step {
        let body =
            format!(r#"{{"errors":[{{"message":"No.","extensions":{{"code":"{code}","requestId":"req-1"{more}}}}}]}}"#);
        Step::Answer(status, "application/json; charset=utf-8", body)
    }
}

/// A running script. It returns the requests that it received, once all steps are done.
pub struct Script {
    pub client: Client,
    task: JoinHandle<Vec<String>>,
}

impl Script {
    pub async fn start(steps: Vec<Step>) -> Script {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let mut requests = Vec::new();
            for step in steps {
                let (mut stream, _) = listener.accept().await.unwrap();
                requests.push(read_request(&mut stream).await);
                let answer = match step {
                    Step::Answer(status, kind, body) => format!(
                        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    ),
                    Step::Lose => String::new(),
                    Step::Stream(events) => format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{events}\r\n",
                        events.len()
                    ),
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
            requests
        });
        Script { client: Client::new(&server, "secret").unwrap(), task }
    }

    /// Waits for the end of the script.
    pub async fn requests(self) -> Vec<String> {
        self.task.await.unwrap()
    }
}

/// Reads one request, its header names in lower case.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}
