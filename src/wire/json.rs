//! JSON, written byte by byte.

/// A string.
pub fn string(text: &str, out: &mut Vec<u8>) {
    // All bytes, without an early end: the compiler makes instructions of it that check many bytes at once.
    let special = text.bytes().filter(|byte| matches!(byte, 0..0x20 | b'"' | b'\\')).count();
    if special > 0 {
        let quoted = serde_json::Value::from(text).to_string();
        out.extend_from_slice(quoted.as_bytes());
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// A whole number.
pub fn number(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A truth value.
pub fn truth(truth: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}
