//! The command line as it was typed, to be pasted again.

use crate::quote::quote;

/// The command that was typed, with more words at its end. A token stays out of it.
pub fn command(more: &[&str]) -> String {
    complete(std::env::args(), more)
}

fn complete(typed: impl Iterator<Item = String>, more: &[&str]) -> String {
    let mut words = vec!["lockkeeper".to_owned()];
    let mut typed = typed.skip(1);
    while let Some(word) = typed.next() {
        match word.as_str() {
            "--token" => drop(typed.next()),
            _ if word.starts_with("--token=") => {}
            _ => words.push(word),
        }
    }
    words.extend(more.iter().map(|word| (*word).to_owned()));
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_can_be_pasted_and_has_no_token() {
        let typed = ["/opt/lockkeeper", "--token", "lk_1", "upgrade", "web", "--token=lk_1", "--reason", "new disk"];
        let typed = typed.into_iter().map(str::to_owned);
        assert_eq!(complete(typed, &["--yes"]), "lockkeeper upgrade web --reason 'new disk' --yes");
    }
}
