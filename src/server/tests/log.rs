//! What the server logs.

use super::*;
use parking_lot::Mutex;
use std::io;
use tracing::subscriber::DefaultGuard;

/// What this thread logs at `info` and above, for as long as the guard is kept.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn start() -> (Log, DefaultGuard) {
        let log = Log::default();
        let into = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || into.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines that have this word.
    pub fn lines(&self, word: &str) -> Vec<String> {
        let bytes = self.0.lock();
        String::from_utf8_lossy(&bytes).lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_answer_to_a_caller_has_a_line_with_its_name() {
    let (log, _guard) = Log::start();
    let served = Served::start().await;
    for path in ["/nowhere", "/metrics"] {
        let get = || served.http.get(format!("{}{path}", served.url));
        get().send().await.unwrap();
        get().bearer_auth(&served.token).send().await.unwrap();
        let lines = log.lines(&format!("path=\"{path}\""));
        let of_caller = lines.iter().filter(|line| line.contains("caller=\"tester\"")).count();
        assert_eq!(of_caller, 1, "{lines:?}");
    }
    assert_eq!(log.lines("/nowhere").len(), 1, "a stranger who finds nothing writes no log");
}
