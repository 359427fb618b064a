//! The text of a token: `lk_`, 32 random Base62 characters, and a checksum of 6.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::fmt;

const PREFIX: &str = "lk_";
const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of a token. It is shown once and not kept; only its hash is.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one with about 190 random bits.
    pub fn generate() -> Secret {
        let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM_CHARS);
        let checksum = checksum(&random);
        Secret(format!("{PREFIX}{random}{checksum}"))
    }

    /// Returns the token that this text is, or `None` if its form or its checksum is wrong, so that a typing error never
    /// reaches the database.
    pub fn parse(text: &str) -> Option<Secret> {
        let body = text.strip_prefix(PREFIX)?;
        let plain =
            body.len() == RANDOM_CHARS + CHECKSUM_CHARS && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (random, sum) = plain.then(|| body.split_at(RANDOM_CHARS))?;
        (checksum(random) == sum).then(|| Secret(text.to_owned()))
    }

    /// Its SHA-256 in hexadecimal, which the database has. The secret is random enough to need no salt.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }

    /// Its first characters, which distinguish tokens in a list.
    pub fn hint(&self) -> &str {
        &self.0[..PREFIX.len() + 4]
    }

    /// The text itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.hint())
    }
}

/// CRC32 in Base62, six characters.
fn checksum(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_read_and_no_other_spelling_of_it() {
        let secret = Secret::generate();
        let text = secret.reveal();
        assert_eq!((text.len(), Secret::parse(text).as_ref()), (41, Some(&secret)));
        assert_ne!(Secret::generate(), secret);
        let mistyped = text.replacen(&text[5..6], if &text[5..6] == "a" { "b" } else { "a" }, 1);
        for wrong in ["", "lk_", &text[1..], &text[..40], &format!("{text}a"), &format!(" {text}"), mistyped.as_str()] {
            assert_eq!(Secret::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_token_is_known_by_its_hash_in_hex() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Secret("abc".to_owned()).hash(), abc);
    }

    #[test]
    fn a_token_is_not_shown_by_chance() {
        let secret = Secret::generate();
        assert!(!format!("{secret:?}").contains(&secret.reveal()[8..]));
    }
}
