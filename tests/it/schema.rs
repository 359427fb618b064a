//! The schema that is printed is the one that is checked in.

#[test]
fn the_checked_in_schema_is_what_is_printed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let printed = lockkeeper::graphql::sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == printed,
        "schema.graphql is not what is printed. Run this test once with UPDATE_SCHEMA=1, and review the difference."
    );
}
