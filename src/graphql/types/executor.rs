use crate::app::App;
use crate::domain::Caller;
use crate::domain::caller::Role;
use crate::read::SuppliedRow;
use crate::read::declare::{Leaf, Object, TEXT, TEXTS, column, columns, word_leaf};

static ROLE: Leaf = word_leaf::<Role>();

columns! { EXECUTOR_ROW: ExecutorRow { name: Text, kind: Text } }
columns! {
    /// The caller of a request.
    pub VIEWER_ROW: ViewerRow { name: Text, role: Text, permissions: Text }
}

pub static EXECUTOR: Object = Object::without_table(
    "Executor",
    "A way to carry out releases. Executors are declared in the server's configuration.",
    &[
        column("name", "Unique name.", &TEXT, EXECUTOR_ROW.name),
        column("kind", "Kind of executor, for example `command` or `simulate`.", &TEXT, EXECUTOR_ROW.kind),
    ],
);

/// The executors of this server.
pub fn executors(app: &App, _: &Caller) -> Vec<SuppliedRow> {
    let row = |name: &str, kind: &str| {
        SuppliedRow::new().text(EXECUTOR_ROW.name, name.to_owned()).text(EXECUTOR_ROW.kind, kind.to_owned())
    };
    app.executors.iter().map(|executor| row(&executor.name, executor.kind())).collect()
}

pub static VIEWER: Object = Object::without_table(
    "Viewer",
    "The caller of this request.",
    &[
        column("name", "Name of the caller, as its token says.", &TEXT, VIEWER_ROW.name),
        column("role", "The caller's role, which decides what it may do.", &ROLE, VIEWER_ROW.role),
        column(
            "permissions",
            "Names of the mutations that the caller may use, and of the queries that not every role may use, in alphabetical order.",
            &TEXTS,
            VIEWER_ROW.permissions,
        ),
    ],
);
