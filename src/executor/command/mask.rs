//! Hides the values of secrets in the output of commands.

use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;
use std::ops::Range;

/// Shorter values are not hidden: they would be found in words that mean something else.
const MIN_SECRET_BYTES: usize = 8;

/// What stands in place of a value.
const HIDDEN: &[u8] = b"***";

/// Values to hide.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// `None` if there is nothing to hide.
    finder: Option<AhoCorasick>,
    values: Vec<Vec<u8>>,
}

impl Mask {
    /// A mask for these values. Output is masked line by line, so each line of a value with several lines is hidden.
    pub fn new(values: impl IntoIterator<Item = impl AsRef<str>>) -> Mask {
        let lines = |value: &str| value.lines().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>();
        let mut values: Vec<_> = values.into_iter().flat_map(|value| lines(value.as_ref())).collect();
        values.retain(|value| value.len() >= MIN_SECRET_BYTES);
        if values.is_empty() {
            return Mask::default();
        }
        // Overlapping values are found by this kind alone.
        let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&values);
        Mask { finder: Some(finder.expect("values of an environment are far below the limits of the library")), values }
    }

    /// The length of the longest value: so many bytes behind a cut have to be known, so that no value is cut in two.
    pub fn longest(&self) -> usize {
        self.values.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// The part of a line from `from` on that begins within its first `limit` bytes, with each value hidden. The bytes
    /// before tell only whether a value began there. Of a line that broke off, the beginning of a value is hidden, too.
    pub fn line<'l>(&self, line: &'l [u8], from: usize, limit: usize, broke_off: bool) -> Cow<'l, [u8]> {
        let mut hidden = self.found(line);
        if broke_off && let Some(begun) = self.begun(line) {
            hidden.push(begun);
        }
        let (from, limit) = (from.min(line.len()), limit.clamp(from.min(line.len()), line.len()));
        let mut shown = Vec::new();
        let mut place = from;
        let within = |hidden: &Range<usize>| hidden.start < limit && hidden.end > from;
        for hidden in merged(hidden).into_iter().filter(within) {
            shown.extend_from_slice(&line[place..hidden.start.max(place)]);
            shown.extend_from_slice(HIDDEN);
            place = hidden.end;
        }
        let rest = &line[place.min(limit)..limit];
        if shown.is_empty() {
            return Cow::Borrowed(rest);
        }
        shown.extend_from_slice(rest);
        shown.truncate(limit - from);
        Cow::Owned(shown)
    }

    /// A text with each value hidden.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.line(text.as_bytes(), 0, usize::MAX, false)).into_owned()
    }

    /// Whether a text contains a value.
    pub fn is_in(&self, text: &str) -> bool {
        self.finder.as_ref().is_some_and(|finder| finder.is_match(text))
    }

    fn found(&self, line: &[u8]) -> Vec<Range<usize>> {
        let Some(finder) = &self.finder else { return Vec::new() };
        finder.find_overlapping_iter(line).map(|found| found.range()).collect()
    }

    /// The place of a value that the end of the line cuts.
    fn begun(&self, line: &[u8]) -> Option<Range<usize>> {
        let ends_with = |value: &Vec<u8>| {
            let longest = line.len().min(value.len() - 1);
            (MIN_SECRET_BYTES..=longest).rev().find(|len| line.ends_with(&value[..*len]))
        };
        let len = self.values.iter().filter_map(ends_with).max()?;
        Some(line.len() - len..line.len())
    }
}

/// Ranges in order, those that overlap as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(values: &[&str], line: &str, limit: usize, broke_off: bool) -> String {
        String::from_utf8(Mask::new(values).line(line.as_bytes(), 0, limit, broke_off).into_owned()).unwrap()
    }

    #[test]
    fn every_value_is_hidden_wherever_it_stands() {
        let values = ["s3cr3t-t0ken", "another one", "seven77", "begin pem\nmiddle of it\nend\n"];
        let whole = |line| shown(&values, line, 8192, false);
        assert_eq!(whole("token=s3cr3t-t0ken, another one; seven77"), "token=***, ***; seven77");
        assert_eq!(whole("s3cr3t-t0kens3cr3t-t0ken"), "******");
        assert_eq!(whole("begin pem / middle of it / end"), "*** / *** / end");
        assert_eq!(whole("nothing"), "nothing");
        assert_eq!(shown(&["abcdefgh", "efghijkl"], "-abcdefghijkl-", 99, false), "-***-");
        assert_eq!(shown(&[], "s3cr3t-t0ken", 99, false), "s3cr3t-t0ken");
    }

    #[test]
    fn a_cut_leaves_no_part_of_a_value() {
        let cut = |limit, broke_off| shown(&["s3cr3t-t0ken"], "is s3cr3t-t0ken!", limit, broke_off);
        assert_eq!(
            (cut(3, false).as_str(), cut(5, false).as_str(), cut(14, false).as_str()),
            ("is ", "is **", "is ***")
        );
        assert_eq!((cut(15, false).as_str(), cut(16, false).as_str()), ("is ***", "is ***!"));
        assert_eq!(shown(&["s3cr3t-t0ken"], "is s3cr3t-t0k", 99, true), "is ***");
        assert_eq!(shown(&["s3cr3t-t0ken"], "is s3cr3t-t0k", 99, false), "is s3cr3t-t0k");
    }

    #[test]
    fn a_value_that_began_in_the_piece_before_is_hidden_in_this_one() {
        let mask = Mask::new(["s3cr3t-t0ken"]);
        let piece = |from| String::from_utf8(mask.line(b"is s3cr3t-t0ken!", from, 99, false).into_owned()).unwrap();
        assert_eq!((piece(11).as_str(), piece(15).as_str(), piece(16).as_str()), ("***!", "!", ""));
    }

    proptest! {
        #[test]
        fn no_value_is_ever_shown(
            values in proptest::collection::vec("[ab]{8,12}", 1..4), line in "[ab]{0,60}", limit in 0_usize..70,
        ) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let shown = shown(&values, &line, limit, false);
            prop_assert!(shown.len() <= limit);
            prop_assert!(values.iter().all(|value| !shown.contains(value)), "{values:?} {line} {shown}");
        }
    }
}
