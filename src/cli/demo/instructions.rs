//! What the demo prints: lines that can be pasted as they are.

use super::fleet::{FAILING_HOST, Fleet};
use crate::auth::Secret;
use serde_json::json;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;

const SERVICES: &str = "{ services { nodes { name versions(first: 4) { nodes { name } } \
                        instanceCounts { status count version { name } } } } }";
const WHY: &str = "{ releases(first: 1, filter: { statuses: [FAILED] }) { nodes { id targets(statuses: [FAILED]) { nodes \
                   { host { hostname } message log(last: 5) { nodes { stream text } } } } } } }";
const WATCH: &str =
    "subscription { instanceStatusChanged { serviceName hostname previousStatus status version { name } at } }";

/// Returns the whole text. `program` is the path of the program that runs.
pub fn instructions(address: SocketAddr, token: &Secret, fleet: &Fleet, program: &Path) -> String {
    let Fleet { service, previous, version, release } = fleet;
    let token = token.reveal();
    let folder = program.parent().unwrap_or(program).to_string_lossy();
    let curl = |options: &str, document: &str| curl(address, token, options, document);
    format!(
        "The console of a server with a simulated fleet, signed in as an administrator:\n\
         \n\x20 http://{address}/#token={token}\n\
         \n\
         The server listens at http://{address}/graphql. Its data is deleted when it stops. GraphiQL, with examples:\n\
         \n\x20 http://{address}/graphiql#token={token}\n\
         \n\
         The upgrade of {service} from {previous} to {version} failed on {FAILING_HOST}, on purpose, and was stopped. Use \
         another terminal, and begin there with:\n\
         \n\x20 export PATH={folder}:\"$PATH\" LOCKKEEPER_SERVER=http://{address} LOCKKEEPER_TOKEN={token}\n\
         \n\
         See what runs, and why the upgrade failed:\n\
         \n\x20 lockkeeper status\
         \n\x20 lockkeeper log {release} {FAILING_HOST}\n\
         \n\
         Go on with the hosts that do not have {version} yet; Ctrl+C leaves it running:\n\
         \n\x20 lockkeeper upgrade {service} {version} --hosts all --max-parallel 4 --yes --watch\n\
         \n\
         Go back:\n\
         \n\x20 lockkeeper revert {service} {previous} --hosts all --max-parallel 4 --yes --watch\n\
         \n\
         The same with curl. See what runs, and why the upgrade failed:\n\
         \n{services}\n\
         \n{why}\n\
         \n\
         Watch what happens (in a further terminal; stop it with Ctrl+C):\n\
         \n{watch}\n\
         \n\
         Go on, and go back:\n\
         \n{upgrade}\n\
         \n{revert}\n",
        folder = quoted(&folder),
        services = curl("-s", SERVICES),
        why = curl("-s", WHY),
        watch = curl("-sN -H 'Accept: text/event-stream'", WATCH),
        upgrade = curl("-s", &release_document("upgradeInstances", service, version)),
        revert = curl("-s", &release_document("revertInstances", service, previous)),
    )
}

/// A mutation that moves all instances of a service to a version.
fn release_document(mutation: &str, service: &str, version: &str) -> String {
    format!(
        "mutation {{ {mutation}(input: {{ service: \"{service}\", version: \"{version}\", hosts: {{ all: true }}, \
         rollout: {{ maxParallel: {{ count: 4 }} }} }}) \
         {{ release {{ id status }} acceptedCount skippedCount userErrors {{ code message }} }} }}"
    )
}

/// A command that sends a document.
fn curl(address: SocketAddr, token: &str, options: &str, document: &str) -> String {
    let body = json!({ "query": document }).to_string();
    format!(
        "curl {options} http://{address}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d {}",
        quoted(&body)
    )
}

/// A word, quoted for a shell if it has to be.
fn quoted(word: &str) -> Cow<'_, str> {
    match word.chars().all(|char| char.is_ascii_alphanumeric() || "/._-".contains(char)) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', "'\\''")).into(),
    }
}
