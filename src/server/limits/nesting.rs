//! How deep brackets nest in a text, without parsing it.

/// The greatest depth of braces, brackets and parentheses, strings and comments left out.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => at = end(bytes, at, b"\n", false),
            b'"' if bytes[at..].starts_with(b"\"\"\"") => at = end(bytes, at + 3, b"\"\"\"", true) + 2,
            b'"' => at = end(bytes, at + 1, b"\"", true),
            _ => {}
        }
        at += 1;
    }
    deepest
}

/// Where a mark stands next that is not escaped; the end of the text if nowhere.
fn end(bytes: &[u8], from: usize, mark: &[u8], escapes: bool) -> usize {
    let mut at = from;
    while at < bytes.len() && !bytes[at..].starts_with(mark) {
        at += if escapes && bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn brackets_count_but_in_strings_and_comments() {
        assert_eq!(depth(""), 0);
        assert_eq!(depth("{ a(x: [1, 2]) { b } }"), 3);
        assert_eq!(depth(r#"{ a(x: "[[[\"[[") { b } # [[["#), 2);
        assert_eq!(depth(r#"{ a(x: """[["["\"""[["""b) }"#), 2);
        assert_eq!(depth("# [[[\n{ a"), 1);
        assert_eq!(depth("}}}{"), 1);
        assert_eq!(depth(r#"{ a(x: "unended \"#), 2);
    }
}
