//! The text of a file.

use super::{Mistake, MistakeAt, Origin};

/// Decodes the bytes of a file, which must be UTF-8, with or without a byte order mark.
///
/// # Errors
/// The mistake is at the first line that is not UTF-8.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, MistakeAt> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Origin::file(name).line(line).with(Mistake::NotUtf8)
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_is_refused_where_it_begins_and_a_byte_order_mark_is_no_text() {
        assert_eq!(decode("hosts", b"\xef\xbb\xbfweb-1\n".to_vec()).unwrap(), "web-1\n");
        let mistake = decode("hosts", b"# servers\nweb-1\nk\xf6ln-1\n".to_vec()).unwrap_err().to_string();
        assert!(mistake.starts_with("hosts:3: ") && mistake.contains("iconv -f latin1 -t utf8"), "{mistake}");
    }
}
