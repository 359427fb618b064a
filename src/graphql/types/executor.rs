use crate::app::App;
use crate::domain::Caller;
use crate::domain::caller::Role;
use crate::read::SuppliedRow;
use crate::read::declare::{Leaf, Object, TEXT, column, text_leaf};

static ROLE: Leaf = text_leaf::<Role>();

pub static EXECUTOR: Object = Object::new(
    "Executor",
    "A way of carrying out releases, declared in the server's configuration.",
    "",
    &[
        column("name", "Unique name.", &TEXT, "name"),
        column("kind", "How it works: command, simulate and others.", &TEXT, "kind"),
    ],
);

/// The executors of this server.
pub fn executors(app: &App, _: &Caller) -> Vec<SuppliedRow> {
    let row = |name: &str, kind: &str| SuppliedRow::new().text("name", name.to_owned()).text("kind", kind.to_owned());
    app.executors.iter().map(|executor| row(&executor.name, executor.kind())).collect()
}

pub static VIEWER: Object = Object::new(
    "Viewer",
    "Who is asking.",
    "",
    &[column("name", "Name of the token or subject.", &TEXT, "name"), column("role", "What it may do.", &ROLE, "role")],
);

/// Who is asking.
pub fn viewer(_: &App, caller: &Caller) -> Vec<SuppliedRow> {
    vec![SuppliedRow::new().text("name", caller.name.clone()).word("role", caller.role)]
}
