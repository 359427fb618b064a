//! What most scenarios begin with: a server with two services, one of them running on three hosts.

use crate::PROGRAM;
use serde_json::{Value, json};
use testkit::{Client, Fleet, Server};

/// A server; `shop` runs 1.0.0 on three hosts and has 1.1.0 and 1.2.0, too; `mail` has one version and one host,
/// and runs nowhere.
pub struct World {
    pub server: Server,
    pub client: Client,
    pub shop: Fleet,
    pub mail: Fleet,
}

impl World {
    /// A server on a fresh database of this kind.
    pub async fn start(kind: &str) -> World {
        let server = Server::start(PROGRAM, kind);
        let client = server.client();
        let shop = client.service("shop").versions(3).hosts(3).install().await;
        let mail = client.service("mail").versions(1).hosts(1).register().await;
        World { server, client, shop, mail }
    }

    /// Asserts that every invariant holds; `on_both!` calls it at the end of each test.
    pub fn finish(self) {
        self.server.assert_sound();
    }

    /// The input of a release of `shop` to this version, everywhere, with some fields set otherwise.
    pub fn release(&self, version: usize, otherwise: Value) -> Value {
        let input = json!({
            "serviceId": self.shop.service, "versionId": self.shop.versions[version], "hosts": { "all": true },
        });
        with(input, otherwise)
    }

    /// The input of an installation of `shop` on these hosts, with some fields set otherwise.
    pub fn installation(&self, hosts: &[&String], otherwise: Value) -> Value {
        let input = json!({
            "serviceId": self.shop.service, "versionId": self.shop.versions[0], "hosts": { "hostIds": hosts },
        });
        with(input, otherwise)
    }

    /// Asserts that this input has exactly these problems, as `CODE path.of.field [ids]`, and that nothing changed.
    pub async fn refuses(&self, mutation: &str, input: Value, problems: &[&str]) {
        let stored = self.server.stored().await;
        let before = stored.state().await;
        assert_eq!(self.client.problems(mutation, input.clone()).await, problems, "{mutation} {input}");
        assert_eq!(stored.state().await, before, "{mutation} {input}");
    }

    /// Asserts that this input does not fit the schema: an error with this code, no data, and nothing changed.
    pub async fn rejects(&self, mutation: &str, input: Value) {
        let stored = self.server.stored().await;
        let before = stored.state().await;
        let document = testkit::client::mutation_document(mutation, "__typename");
        let error = self.client.error(&document, json!({ "input": input })).await;
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error:#}");
        assert_eq!(stored.state().await, before, "{mutation} {input}");
    }

    /// Asserts that a query is refused with this code, and what else its extensions say.
    pub async fn query_fails(&self, document: &str, variables: Value, code: &str, says: Value) {
        let error = self.client.error(document, variables.clone()).await;
        assert_eq!(error["extensions"]["code"], code, "{document} {variables}\n{error:#}");
        for (key, value) in says.as_object().unwrap() {
            assert_eq!(&error["extensions"][key], value, "{document} {variables}\n{error:#}");
        }
        assert!(error["extensions"]["requestId"].is_string(), "{error:#}");
    }
}

/// An object with some of its fields set otherwise.
pub fn with(mut object: Value, otherwise: Value) -> Value {
    let Value::Object(otherwise) = otherwise else { panic!("an object, not {otherwise}") };
    object.as_object_mut().unwrap().extend(otherwise);
    object
}
