//! The types of the schema, each said once as a table: see `read::declare`.

mod audit;
mod event;
mod executor;
mod hold;
mod host;
mod instance;
mod lock;
mod log;
mod node;
mod order;
mod payload;
mod progress_event;
mod release;
mod service;
mod service_event;
mod skipped;
mod target;
mod version;

pub use audit::{AUDIT_ENTRY, AuditFilter, AuditOrder};
pub use event::{EVENT, EVENT_LOG, INSTANCE_EVENT, InstanceEventFilter, RELEASE_EVENT, ReleaseEventFilter, at_most};
pub use executor::{EXECUTOR, VIEWER, executors, viewer};
pub use hold::{HOLD, HoldFilter};
pub use host::{HOST, HostFilter, LABEL_COUNT, LabelInput};
pub use instance::{INSTANCE, INSTANCE_COUNT, InstanceFilter, InstanceOrder};
pub use lock::{LOCK, ROW as LOCK_ROW};
pub use log::{LOG_LINE, ROW as LINE_ROW};
pub use node::{HOST_NODE, INSTANCE_NODE, RELEASE_NODE, SERVICE_NODE, VERSION_NODE};
pub use payload::{MUTATION_PAYLOAD, PAYLOAD, USER_ERRORS, has_problems, with_problems};
pub use progress_event::{PROGRESS_EVENT_ROW, RELEASE_PROGRESS_EVENT};
pub use release::{PROGRESS_ROW, RELEASE, ReleaseFilter};
pub use service::{SERVICE, ServiceFilter};
pub use service_event::{SERVICE_EVENT, ServiceEventFilter};
pub use skipped::{ROW as SKIPPED_ROW, SKIP_COUNT, SKIP_COUNT_ROW, SKIPPED_INSTANCE};
pub use target::TARGET;
pub use version::{VERSION, VersionFilter, VersionOrder};
