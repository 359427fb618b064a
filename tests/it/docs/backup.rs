//! Backups are made by the commands of `docs/operations.md` beside a running server, and are whole.

use super::script;
use super::script::run;
use crate::cli::program::Place;
use testkit::cluster;

#[test]
fn a_backup_of_sqlite_is_whole() {
    let place = Place::new("sqlite");
    let server = place.serve();
    let before = place.printed(&["token", "list"]);
    place.printed(&["token", "create", "--name", "kept", "--role", "viewer"]);
    run(&script("docs/operations.md", "backup-sqlite"), place.path(), &[]).unwrap();
    drop(server);
    let backup = "sqlite:backup.db";
    let after = place.printed(&["token", "list", "--database-url", backup]);
    assert!(!before.contains("kept") && after.contains("kept"), "{after}");
    place.printed(&["doctor", "--database-url", backup]);
}

#[test]
fn a_backup_of_postgres_is_whole() {
    let place = Place::new("postgres");
    let server = place.serve();
    place.printed(&["token", "create", "--name", "kept", "--role", "viewer"]);
    let (address, name) = place.database.rsplit_once('/').unwrap();
    let port = address.rsplit_once(':').unwrap().1;
    let commands = script("docs/operations.md", "backup-postgres");
    let restored = format!("{name}_new");
    let commands = commands.replace("lockkeeper-new", &restored).replace("-Fc lockkeeper ", &format!("-Fc {name} "));
    let programs = cluster::program("pg_dump");
    let path = format!("{}:{}", programs.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let commands = format!("PATH='{path}'\n{commands}");
    run(&commands, place.path(), &[("PGHOST", "127.0.0.1"), ("PGPORT", port), ("PGUSER", "lockkeeper")]).unwrap();
    drop(server);
    let backup = format!("{address}/{restored}");
    let after = place.printed(&["token", "list", "--database-url", &backup]);
    assert!(after.contains("kept"), "{after}");
    place.printed(&["doctor", "--database-url", &backup]);
}
