//! What the demo prints: lines that can be pasted as they are.

use super::fleet::Fleet;
use crate::auth::Secret;
use serde_json::json;
use std::net::SocketAddr;

const SERVICES: &str = "{ services { nodes { name versions(first: 4) { nodes { id name } } \
                        instanceCounts { status count version { name } } } } }";
const WATCH: &str =
    "subscription { instanceStatusChanged { serviceName hostname previousStatus status version { name } at } }";

/// The whole text.
pub fn instructions(address: SocketAddr, token: &Secret, fleet: &Fleet) -> String {
    let Fleet { service, service_id, version, version_id } = fleet;
    let upgrade = format!(
        "mutation {{ upgradeInstances(input: {{ serviceId: \"{service_id}\", versionId: \"{version_id}\", hosts: {{ all: true }} }}) \
         {{ release {{ id status }} acceptedCount skippedCount userErrors {{ code message }} }} }}"
    );
    let ask = |document: &str| curl(address, token, "-s", document);
    format!(
        "lockkeeper server ready at http://{address}/graphql, with a simulated fleet. Its data is deleted when it stops.\n\
         \n\
         A token of an administrator:\n\n  {token}\n\
         \n\
         GraphiQL, with that token and with examples:\n\n  http://{address}/graphiql#token={token}\n\
         \n\
         List the services:\n\n{services}\n\
         \n\
         Watch what happens (in another terminal; stop it with Ctrl+C):\n\n{watch}\n\
         \n\
         Upgrade the service {service} to {version} on all of its hosts:\n\n{upgrade}\n",
        token = token.reveal(),
        services = ask(SERVICES),
        watch = curl(address, token, "-sN -H 'Accept: text/event-stream'", WATCH),
        upgrade = ask(&upgrade),
    )
}

/// A command that sends a document, quoted for a shell.
fn curl(address: SocketAddr, token: &Secret, options: &str, document: &str) -> String {
    let body = json!({ "query": document }).to_string().replace('\'', "'\\''");
    format!(
        "curl {options} http://{address}/graphql -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' -d '{body}'",
        token.reveal()
    )
}
