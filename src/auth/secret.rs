//! What a token looks like: `lk_`, 32 random Base62 characters, and 6 that check them.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::fmt;

const PREFIX: &str = "lk_";
const RANDOM: usize = 32;
const CHECK: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token's text. It is shown once and kept nowhere; its hash is.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one, of about 190 random bits.
    pub fn generate() -> Secret {
        let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM);
        let check = check(&random);
        Secret(format!("{PREFIX}{random}{check}"))
    }

    /// Reads one; none if its form or its check is wrong, so that a typing error never reaches the database.
    pub fn parse(text: &str) -> Option<Secret> {
        let body = text.strip_prefix(PREFIX)?;
        let plain = body.len() == RANDOM + CHECK && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (random, given) = plain.then(|| body.split_at(RANDOM))?;
        (check(random) == given).then(|| Secret(text.to_owned()))
    }

    /// What the database knows it by: SHA-256, in hex. The secret is random enough to need no salt.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }

    /// Its first characters, to tell tokens apart in a list.
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
fn check(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes()) as usize;
    let mut digits = [b'0'; CHECK];
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
