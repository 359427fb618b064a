//! Names that may have been meant.

/// How many names are suggested.
pub const MAX_SUGGESTIONS: usize = 3;

/// The names that look most like this one, the nearest first: those that differ in few characters, or that begin with it.
pub fn among<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let folded = wanted.to_lowercase();
    let tolerated = (wanted.chars().count() / 3).max(1);
    let near = names.into_iter().filter_map(|name| {
        let distance = strsim::damerau_levenshtein(&folded, &name.to_lowercase());
        let begins = wanted.len() > 1 && name.to_lowercase().starts_with(&folded);
        (distance <= tolerated || begins).then_some((distance, name))
    });
    let mut near: Vec<_> = near.collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MAX_SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first_and_others_not_at_all() {
        let names = ["web", "web-admin", "wiki", "payments"];
        assert_eq!(among("wbe", names), ["web"]);
        assert_eq!(among("we", names), ["web", "web-admin"]);
        assert_eq!(among("Payments", names), ["payments"]);
        assert_eq!(among("zzz", names), [""; 0]);
        assert_eq!(among("host-1", ["host-17", "host-10", "db-1"]), ["host-10", "host-17"]);
    }
}
