use crate::app::App;
use crate::domain::Caller;
use crate::read::SuppliedRow;
use crate::read::declare::{INT, Leaf, Object, TEXT, TIME, column, columns, leaf_of_json, list, term};
use crate::version;

columns! { SERVER_ROW: ServerRow { version: Text, database: Text } }
columns! {
    WORKER_ROW: WorkerRow {
        id: Int,
        name: Text,
        executors: Text = term!("CAST({row}.executors AS text)"),
        max_targets: Int,
        started_at: Time,
        beat_at: Time,
        running: Int =
            term!("(SELECT count(*) FROM release_target x WHERE x.worker_id = {row}.id AND x.status = 'RUNNING')"),
    }
}

static NAMES: Leaf = leaf_of_json::<Vec<String>>();

pub static SERVER: Object = Object::without_table(
    "Server",
    "The server that answers this request, and the workers on its database.",
    &[
        column("version", "Version of the server, as `lockkeeper --version` prints it.", &TEXT, SERVER_ROW.version),
        column("database", "Kind of its database: `SQLite` or `PostgreSQL`.", &TEXT, SERVER_ROW.database),
        list("workers", "Workers that have not ended, the longest running first.", &WORKER).at_most(10),
    ],
);

/// The server itself.
pub fn server(app: &App, _: &Caller) -> Vec<SuppliedRow> {
    let database = app.db.dialect().name().to_owned();
    vec![SuppliedRow::new().text(SERVER_ROW.version, version::TEXT.to_owned()).text(SERVER_ROW.database, database)]
}

static WORKER: Object = Object::new(
    "Worker",
    "A process that carries out releases.",
    "worker",
    WORKER_ROW.id,
    &[
        column("name", "Name of the worker, as in the events that it causes.", &TEXT, WORKER_ROW.name),
        column(
            "executors",
            "Names of the executors that it has; it carries out releases of these only.",
            &NAMES,
            WORKER_ROW.executors,
        ),
        column("maxTargets", "How many targets it carries out at a time.", &INT, WORKER_ROW.max_targets),
        column("startedAt", "When it started, or started anew after its lease was lost.", &TIME, WORKER_ROW.started_at),
        column(
            "lastBeat",
            "When it last renewed its lease. If it does not do so for the time of its lease, another worker ends it.",
            &TIME,
            WORKER_ROW.beat_at,
        ),
        column("running", "How many targets it carries out now.", &INT, WORKER_ROW.running),
    ],
)
.listed(term!("{row}.ended_at IS NULL"));
