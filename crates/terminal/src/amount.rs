//! Numbers of instances, and shares of them.

use lockkeeper_client::operations::start::{Amount, PerLabel};

/// Parses `10` or `25%`.
pub fn parse(text: &str) -> Result<Amount, String> {
    let amount = match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().filter(|percent| *percent <= 100).map(Amount::Percent),
        None => text.parse().ok().map(Amount::Count),
    };
    amount.ok_or_else(|| format!("{text:?} is neither a number nor a percentage: write for example 10 or 25%"))
}

/// Parses `rack=1`: how many instances may have the same value of a label.
pub fn per_label(text: &str) -> Result<PerLabel, String> {
    let parsed = text.rsplit_once('=').and_then(|(key, count)| Some((key, count.parse().ok()?)));
    match parsed {
        Some((key, count)) if !key.is_empty() => Ok(PerLabel { key: key.to_owned(), count }),
        _ => Err(format!("{text:?} is not a limit for a label: write the key and a number, for example rack=1")),
    }
}

/// The text that [`per_label`] reads.
pub fn per_label_text(limit: &PerLabel) -> String {
    format!("{}={}", limit.key, limit.count)
}

/// The text that [`parse`] reads.
pub fn text(amount: Amount) -> String {
    match amount {
        Amount::Count(count) => count.to_string(),
        Amount::Percent(percent) => format!("{percent}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_or_a_percentage() {
        for (written, amount) in [("10", Amount::Count(10)), ("0", Amount::Count(0)), ("25%", Amount::Percent(25))] {
            assert_eq!(parse(written), Ok(amount));
            assert_eq!(text(amount), written);
        }
        for wrong in ["", "%", "-1", "101%", "ten", "1.5"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_for_a_label_is_a_key_and_a_number() {
        let limit = PerLabel { key: "rack".to_owned(), count: 2 };
        assert_eq!((per_label("rack=2"), per_label_text(&limit)), (Ok(limit.clone()), "rack=2".to_owned()));
        for wrong in ["", "rack", "=2", "rack=", "rack=-1", "rack=two"] {
            assert!(per_label(wrong).is_err(), "{wrong}");
        }
    }
}
