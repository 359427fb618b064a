//! The network between lockkeeper and PostgreSQL, which a test disturbs: a relay that sees a COMMIT go by.

use testkit::Relay;
use testkit::relay::CountMarks;

/// A relay to the PostgreSQL at this port, in which each COMMIT is marked.
pub async fn to_postgres(port: u16) -> Relay {
    Relay::start(port, || -> CountMarks {
        let mut messages = Messages::default();
        Box::new(move |bytes| messages.commits_in(bytes))
    })
    .await
}

/// The URL by which this database is reached through the relay.
pub fn database_url(relay: &Relay, database: &str) -> String {
    let (_, name) = database.rsplit_once('/').unwrap();
    format!("postgres://lockkeeper@127.0.0.1:{}/{name}?sslmode=disable", relay.port())
}

/// The messages of a client, cut where they end.
#[derive(Default)]
struct Messages {
    begun: Vec<u8>,
    /// The first message has no type.
    greeted: bool,
}

impl Messages {
    /// How many COMMITs are complete with these bytes.
    fn commits_in(&mut self, bytes: &[u8]) -> usize {
        self.begun.extend_from_slice(bytes);
        let mut commits = 0;
        loop {
            let head = usize::from(self.greeted);
            let Some(length) = self.begun.get(head..head + 4) else { return commits };
            let end = head + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.begun.len() < end {
                return commits;
            }
            let message: Vec<u8> = self.begun.drain(..end).collect();
            commits += usize::from(self.greeted && message[0] == b'Q' && message[5..] == *b"COMMIT\0");
            self.greeted = true;
        }
    }
}

#[test]
fn a_commit_is_seen_wherever_its_bytes_are_cut() {
    let said = b"\0\0\0\x09ab\0c\0B\0\0\0\x08QQQQQ\0\0\0\x0aBEGIN\0Q\0\0\0\x0bCOMMIT\0P\0\0\0\x0bCOMMIT\0";
    for cut in 0..said.len() {
        let mut messages = Messages::default();
        let (one, two) = said.split_at(cut);
        assert_eq!(messages.commits_in(one) + messages.commits_in(two), 1, "cut at {cut}");
    }
}
