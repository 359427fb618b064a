//! Vocabularies. A word is declared once, with its meaning; the schema, the database and the command line all use that
//! declaration.

/// An enum whose values have one spelling everywhere.
pub trait Word: Copy + Eq + Send + Sync + 'static {
    /// What the vocabulary is called in the schema.
    const NAME: &'static str;
    /// What the vocabulary is about, a sentence.
    const ABOUT: &'static str;
    /// Every value with its spelling and its meaning, in the order of declaration.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// The spelling: upper case, words joined by underscores.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(value, ..)| *value == self).map_or("", |(_, word, _)| word)
    }

    /// Returns the value with this spelling, or `None` for any other text.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(value, ..)| *value)
    }
}

/// Serializes a vocabulary as its spelling, with `#[serde(with = "as_word")]`.
pub mod as_word {
    use super::Word;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<W: Word, S: Serializer>(value: &W, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.word())
    }

    pub fn deserialize<'de, W: Word, D: Deserializer<'de>>(from: D) -> Result<W, D::Error> {
        let word = String::deserialize(from)?;
        W::from_word(&word).ok_or_else(|| de::Error::custom(format!("{word:?} is not a {}", W::NAME)))
    }
}

/// Serializes a vocabulary's word that may be missing, with `#[serde(with = "as_optional_word")]`.
pub mod as_optional_word {
    use super::{Word, as_word};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<W: Word, S: Serializer>(value: &Option<W>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(word) => as_word::serialize(word, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, W: Word, D: Deserializer<'de>>(from: D) -> Result<Option<W>, D::Error> {
        #[derive(Deserialize)]
        #[serde(transparent, bound = "")]
        struct Spelled<W: Word>(#[serde(with = "as_word")] W);
        Ok(Option::<Spelled<W>>::deserialize(from)?.map(|word| word.0))
    }
}

/// Declares vocabularies: an enum each, whose doc comments become the descriptions in the schema.
macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $meaning:literal])+ $value:ident = $word:literal,)+ } $($rest:tt)*) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[doc = $meaning])+ $value,)+ }

        impl $crate::domain::Word for $name {
            const NAME: &'static str = stringify!($name);
            const ABOUT: &'static str = concat!($($about),+);
            const ALL: &'static [(Self, &'static str, &'static str)] = &[$(($name::$value, $word, concat!($($meaning),+))),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::domain::Word::word(*self))
            }
        }

        words! { $($rest)* }
    };
    () => {};
}
