use super::*;

#[test]
fn the_defaults_are_what_their_documentation_spells() {
    let spelled: String = SETTINGS.iter().map(|setting| format!("{} = {}\n", setting.name, setting.default)).collect();
    assert_eq!(toml::from_str::<Limits>(&spelled).unwrap(), Limits::default());
}

#[test]
fn what_is_configured_replaces_the_default() {
    let text =
        "depth = 3\nqueue_bytes = 4096\nwaiting_bytes = \"2 GiB\"\nroot_fields = [9, 8, 1]\nkeep_alive = \"1d\"\n";
    let limits: Limits = toml::from_str(text).unwrap();
    assert_eq!((limits.depth, limits.queue_bytes, limits.waiting_bytes), (3, Bytes::kibi(4), Bytes::mebi(2048)));
    assert_eq!((limits.root_fields.query, limits.keep_alive), (9, Duration::from_hours(24)));
    assert_eq!(limits.objects, Limits::default().objects);
}

#[test]
fn a_mistake_names_what_is_expected() {
    for (text, about) in [
        ("tokens = 1", "unknown field `tokens`"),
        ("queue_bytes = -1", "a size such as"),
        ("queue_bytes = \"1 TB\"", "a size such as"),
        ("queue_bytes = \"18446744073709551615 GiB\"", "a size such as"),
        ("query_deadline = \"0s\"", "at least 1ms"),
        ("query_deadline = \"soon\"", "is not a duration"),
        ("query_turns = 0", "1 to 15"),
        ("query_turns = 16", "1 to 15"),
        ("root_fields = 20", "an array"),
        ("depth = -1", "u64"),
    ] {
        let error = toml::from_str::<Limits>(text).expect_err(text).to_string();
        assert!(error.contains(about), "{text}: {error}");
    }
}

#[test]
fn sizes_are_written_in_the_largest_unit_that_fits() {
    for (bytes, text) in [(0, "0 bytes"), (1000, "1000 bytes"), (4096, "4 KiB"), (3 << 20, "3 MiB"), (1 << 30, "1 GiB")]
    {
        assert_eq!(Bytes(bytes).to_string(), text);
    }
}

#[test]
fn the_documentation_has_every_limit_with_its_default() {
    let row = |setting: &Setting| {
        let meaning = setting.meaning.trim();
        format!("| `{}` | `{}` | {meaning} |\n", setting.name, setting.default)
    };
    let table: String = SETTINGS.iter().map(row).collect();
    let head = "| setting | default | what it limits |\n| --- | --- | --- |\n";
    let documented = include_str!("../../docs/security.md");
    assert!(documented.contains(&[head, &table].concat()), "docs/security.md has another table than:\n{head}{table}");
}
