//! Entry points for reading.

use super::library::Root;
use super::registration::register;
use super::request::{caller, reader};
use super::types::*;
use super::viewer::viewer;
use crate::app::App;
use crate::domain::Kind;
use crate::domain::caller::Right;
use crate::domain::name::folded_hostname;
use crate::read::declare::{
    Field, FieldSource, Object, arg, connection, filter, find, id_arg, list, narrowing, ordered, parse, term, text_arg,
    up_to,
};
use crate::read::{Answer, Args, Document, Prepared, Reader, head};
use crate::store::Reads;
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, cursor};
use async_graphql::parser::types::Field as Node;
use async_graphql::registry::Registry;
use async_graphql::{Context, ID, Positioned};
use std::sync::Arc;
use tokio::sync::OnceCell;

const HOSTNAME_ARG: &str = "Name of the host. Case and one trailing dot make no difference.";

/// Everything that has a global id.
static NODES: &[&Object] = &[&SERVICE, &VERSION, &HOST, &INSTANCE, &RELEASE, &TARGET, &HOLD, &FREEZE_WINDOW];

/// The field that is read before every other field.
pub(super) const EVENT_CURSOR: &str = "eventCursor";

pub(super) static QUERY: Object = Object::without_table(
    "Query",
    "Entry points for reading.",
    &[
        Field::new(
            "node",
            "An object by its id; null if it does not exist or the id is malformed.",
            FieldSource::Node(NODES),
        )
        .nullable()
        .args(&[arg::<ID>("id", "Global id.")]),
        Field::new(
            "nodes",
            "Objects by their ids, at most 200, in the order of the ids; null in place of each object that does not exist.",
            FieldSource::Nodes(NODES),
        )
        .args(&[arg::<Vec<ID>>("ids", "Global ids.")])
        .as_many_as(&["ids"]),
        find("service", "A service, by name.", &SERVICE)
            .condition(term!("{row}.name = {arg name}"))
            .args(&[arg::<String>("name", "Name of the service.")]),
        connection("services", "Services, by name by default.", &SERVICE).args(&[
            filter::<ServiceFilter>("Which services to return; all by default."),
            ordered::<ServiceOrder>("Order of the list; by name by default."),
        ]),
        find("host", "A host, by name.", &HOST)
            .condition(term!("{row}.folded_hostname = {arg hostname}"))
            .args(&[text_arg("hostname", HOSTNAME_ARG, folded_hostname)]),
        connection("hosts", "Hosts, by name by default.", &HOST).args(&[
            filter::<HostFilter>("Which hosts to return; all by default."),
            ordered::<HostOrder>("Order of the list; by hostname by default."),
        ]),
        connection("instances", "Instances of all services, by hostname by default.", &INSTANCE).args(&[
            filter::<InstanceFilter>("Which instances to return; all by default."),
            ordered::<InstanceOrder>("Order of the list; by hostname by default."),
        ]),
        find("instance", "One instance, by service and host.", &INSTANCE)
            .condition(term!(
                "{row}.service_id = (SELECT s.id FROM service s WHERE s.name = {arg service} AND s.removed_at IS NULL) \
                 AND {row}.host_id = (SELECT h.id FROM host h WHERE h.folded_hostname = {arg hostname} AND h.removed_at IS NULL)"
            ))
            .args(&[
            arg::<String>("service", "Name of the service."),
            text_arg("hostname", HOSTNAME_ARG, folded_hostname),
        ]),
        connection(
            "instanceEvents",
            "Events of instances that are still kept, oldest first. For clients that poll, and for continuing after the error CURSOR_EXPIRED. Its cursors are those of the subscription instanceStatusChanged.",
            &INSTANCE_EVENT,
        )
        .args(&[filter::<InstanceEventFilter>("Which events to return; all by default.")]),
        connection("releaseEvents", "Events of releases that are still kept, oldest first. Its cursors are those of the subscription releaseStatusChanged.", &RELEASE_EVENT)
            .args(&[filter::<ReleaseEventFilter>("Which events to return; all by default.")]),
        connection("serviceEvents", "Events of services that are still kept, oldest first. Its cursors are those of the subscription serviceChanged.", &SERVICE_EVENT)
            .args(&[filter::<ServiceEventFilter>("Which events to return; all by default.")]),
        connection("holds", "Holds and freezes, newest first.", &HOLD)
            .args(&[filter::<HoldFilter>("Which holds to return; all by default.")]),
        list("freezeWindows", "All freeze windows that were not removed, open or not, oldest first.", &FREEZE_WINDOW)
            .at_most(20),
        find("suspension", "The suspension of the fleet; null if it is not suspended.", &SUSPENSION)
            .condition(term!("{row}.id = (SELECT x.suspension_id FROM fleet x)")),
        list("labels", "Labels of hosts, ordered by key and value, at most 1000.", &LABEL_COUNT)
            .from_query(term!(
                "SELECT l.key, l.value, CAST(count(*) AS bigint) AS host_count FROM host_label l \
                 JOIN host {row} ON {row}.id = l.host_id WHERE {row}.removed_at IS NULL{conditions} GROUP BY l.key, l.value"
            ))
            .args(&[
            narrowing::<Option<String>>("key", "Only labels with this key.", |value, list| {
                if let Some(key) = parse::<Option<String>>("key", Some(value))? {
                    list.and(term!("l.key = {value}"), [Bind::Text(key)]);
                }
                Ok(())
            }),
            up_to(1000),
        ]),
        find("release", "A release, by its id.", &RELEASE)
            .condition(term!("{row}.id = {arg id}"))
            .args(&[id_arg("id", "Id of the release.", Kind::Release)]),
        connection("releases", "Releases of all services, newest first by default.", &RELEASE).args(&[
            filter::<ReleaseFilter>("Which releases to return; all by default."),
            ordered::<ReleaseOrder>("Order of the list; newest first by default."),
        ]),
        connection("audit", "The audit log, oldest entry first by default. Only callers with the role ADMIN may read it; others get the error FORBIDDEN.", &AUDIT_ENTRY)
            .nullable()
            .needs(Right::Audit)
            .args(&[
                filter::<AuditFilter>("Which entries to return; all by default."),
                ordered::<AuditOrder>("Order of the list; oldest first by default."),
            ]),
        Field::new(
            "executors",
            "The executors that services can use.",
            FieldSource::Made { of: &EXECUTOR, many: true, make: executors },
        )
        .at_most(20),
        Field::new(
            "server",
            "The server and its workers. Only callers with the role ADMIN or OPERATOR may read it; others get the error FORBIDDEN.",
            FieldSource::Made { of: &SERVER, many: false, make: server },
        )
        .nullable()
        .needs(Right::Inspect),
        Field::new("viewer", "The caller of this request.", FieldSource::Made { of: &VIEWER, many: false, make: viewer }),
        Field::new(
            EVENT_CURSOR,
            "Cursor of the newest event, read before all other fields of the operation. To follow changes without gaps, query it together with the data, then subscribe with it as `after`. Ignore events whose revision is not greater than the revision of the instance or release in the data: the data contains them already.",
            FieldSource::Head(&EVENT_LOG),
        ),
    ],
);

/// The place in the log that was read before everything else of one request.
#[derive(Default)]
pub struct Ahead(OnceCell<Result<i64, ApiError>>);

impl Ahead {
    /// Reads it once, if it is selected.
    async fn read(ctx: &Context<'_>) -> Option<Result<i64, ApiError>> {
        let selected = Document::of(ctx).root(QUERY.name);
        if !selected.iter().any(|(_, nodes)| nodes[0].node.name.node == EVENT_CURSOR) {
            return None;
        }
        let (ahead, app) = (ctx.data_opt::<Ahead>()?, ctx.data_opt::<App>()?);
        let read = || async { head(app.db.queries_of(&caller(ctx)?.name), &EVENT_LOG).await.map(|head| head.position) };
        Some(ahead.0.get_or_init(read).await.clone())
    }
}

/// Answers a field of the root with these arguments; `ahead` is the position that was read before all fields, if it is
/// selected.
pub(super) async fn answer(
    reads: Reads<'_>,
    field: &Prepared,
    arguments: &[Arc<Args>],
    ahead: Option<&Result<i64, ApiError>>,
) -> Answer {
    match ahead {
        Some(Ok(position)) if field.is_head() => field.text(&cursor::event(reads.db().log_id(), *position)),
        Some(Err(error)) => field.failed(error),
        _ => field.answer_with(reads, arguments).await,
    }
}

/// The root of reading.
pub struct QueryRoot;

impl Root for QueryRoot {
    const NAME: &'static str = QUERY.name;

    fn register(registry: &mut Registry) {
        register(&QUERY, registry);
    }

    async fn answer<'a>(ctx: &Context<'a>, nodes: &[&'a Positioned<Node>]) -> Option<(Prepared, Answer)> {
        let ahead = Ahead::read(ctx).await;
        let prepared = Prepared::read(reader(ctx), &QUERY, nodes);
        let answer = match reader(ctx) {
            Ok(Reader { app, caller, .. }) => {
                let reads = app.db.queries_of(&caller.name);
                answer(reads, &prepared, &prepared.arguments(), ahead.as_ref()).await
            }
            Err(error) => prepared.failed(&error),
        };
        Some((prepared, answer))
    }
}
