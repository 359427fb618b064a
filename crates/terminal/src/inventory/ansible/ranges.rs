//! Ranges in names, as in `web-[01:20]` and `db-[a:c]`.

/// The most names that one pattern may stand for.
const MAX_NAMES: usize = 100_000;

/// Returns the names that a pattern stands for, in order; a name without a range stands for itself.
///
/// # Errors
/// A phrase that says what is wrong with a range.
pub fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let Some((before, rest)) = pattern.split_once('[') else { return Ok(vec![pattern.to_owned()]) };
    let Some((range, after)) = rest.split_once(']') else {
        return Err(format!("the range in {pattern:?} is not closed: add \"]\""));
    };
    let values = values(range).ok_or_else(|| {
        format!("[{range}] in {pattern:?} is not a range such as [01:20], [1:9:2] or [a:f]; numbers that begin with 0 must have one length")
    })?;
    let tails = expand(after)?;
    if values.len().saturating_mul(tails.len()) > MAX_NAMES {
        return Err(format!("{pattern:?} stands for more than {MAX_NAMES} hosts"));
    }
    Ok(values.iter().flat_map(|value| tails.iter().map(move |tail| format!("{before}{value}{tail}"))).collect())
}

/// The values of a range such as `01:20`, or `None` if it is not one.
fn values(range: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match *parts.as_slice() {
        [first, last] => (first, last, 1),
        [first, last, step] => (first, last, step.parse::<u32>().ok().filter(|step| *step > 0)?),
        _ => return None,
    };
    let first = if first.is_empty() { "0" } else { first };
    if let (&[from], &[to]) = (first.as_bytes(), last.as_bytes())
        && (from.is_ascii_lowercase() && to.is_ascii_lowercase()
            || from.is_ascii_uppercase() && to.is_ascii_uppercase())
    {
        let letters = (from..=to).step_by(step as usize).map(|byte| char::from(byte).to_string());
        return Some(letters.collect()).filter(|letters: &Vec<String>| !letters.is_empty());
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_padded = first.len() > 1 && first.starts_with('0');
    if !is_number(first) || !is_number(last) || (is_padded && first.len() != last.len()) {
        return None;
    }
    let (from, to): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
    if from > to || ((to - from) / step) as usize >= MAX_NAMES {
        return None;
    }
    let width = if is_padded { first.len() } else { 0 };
    Some((from..=to).step_by(step as usize).map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stand_for_names() {
        for (pattern, names) in [
            ("web", &["web"][..]),
            ("web-[01:03].eu", &["web-01.eu", "web-02.eu", "web-03.eu"]),
            ("w[8:11]", &["w8", "w9", "w10", "w11"]),
            ("w[1:6:2]", &["w1", "w3", "w5"]),
            ("[a:b]-[1:2]", &["a-1", "a-2", "b-1", "b-2"]),
            ("w[:1]", &["w0", "w1"]),
        ] {
            assert_eq!(expand(pattern).unwrap(), names, "{pattern}");
        }
        assert_eq!(expand("n[00000:09999]").unwrap().len(), 10_000);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for wrong in [
            "w[1",
            "w[]",
            "w[1]",
            "w[2:1]",
            "w[01:100]",
            "w[a:B]",
            "w[1:2:0]",
            "w[1:2:3:4]",
            "w[1:999999999]",
            "w[b:a]",
        ] {
            assert!(expand(wrong).is_err(), "{wrong}");
        }
        assert!(expand("[1:1000]-[1:1000]").unwrap_err().contains("more than"));
    }
}
