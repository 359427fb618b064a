//! Documents that are not sent as texts: ids of trusted ones, and hashes whose texts no server keeps.

use crate::PROGRAM;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::on_both;
use testkit::{Server, Socket};

const VIEWER: &str = "query Viewer { viewer { name } }";
/// Several operations, as a bundler writes them into one document.
const SEVERAL: &str = "query Named($name: String!) { service(name: $name) { name } }
    mutation Create($input: CreateServiceInput!) { createService(input: $input) { service { name } userErrors { code } } }";
const WATCH: &str = "subscription Watch($after: String) { serviceChanged(after: $after) { kind service { name } } }";
const CONFIGURATION: &str = "trusted_documents = \"trusted.json\"\n[executors.quick]\nkind = \"simulate\"\n";

const JSON: &str = "application/json";
const RESPONSE: &str = "application/graphql-response+json";

/// One caller, who chooses the whole request: headers and bodies are what these tests are about.
struct Caller {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Caller {
    fn new(server: &Server) -> Caller {
        let token = server.token("frontend", "admin");
        Caller { http: reqwest::Client::new(), url: format!("{}/graphql", server.url), token }
    }

    async fn send(&self, request: reqwest::RequestBuilder, accept: &str) -> (u16, Value) {
        let response = request.bearer_auth(&self.token).header("accept", accept).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn post(&self, body: &Value, accept: &str) -> (u16, Value) {
        self.send(self.http.post(&self.url).json(body), accept).await
    }

    async fn get(&self, body: &Value, accept: &str) -> (u16, Value) {
        let mut url = reqwest::Url::parse(&self.url).unwrap();
        for (name, value) in body.as_object().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            url.query_pairs_mut().append_pair(name, &text);
        }
        self.send(self.http.get(url), accept).await
    }

    /// Asserts that this is a request error with this code in every form of answer; gives the message.
    async fn refused(&self, body: &Value, code: &str) -> String {
        let mut messages = Vec::new();
        for (accept, expected) in [(JSON, 200), (RESPONSE, 400)] {
            for (status, answer) in [self.post(body, accept).await, self.get(body, accept).await] {
                assert_eq!(
                    (status, &answer["errors"][0]["extensions"]["code"]),
                    (expected, &json!(code)),
                    "{answer:#}"
                );
                assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer:#}");
                assert!(answer.get("data").is_none(), "{answer:#}");
                messages.push(answer["errors"][0]["message"].as_str().unwrap().to_owned());
            }
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }
}

/// The data of an answer by POST, by GET and over a socket, which has to be the same.
async fn everywhere(caller: &Caller, socket: &mut Socket, body: Value) -> Value {
    let (status, mut posted) = caller.post(&body, RESPONSE).await;
    assert_eq!(status, 200, "{posted:#}");
    assert_eq!(caller.get(&body, RESPONSE).await, (200, posted.clone()));
    socket.begin_with("every", body).await;
    assert_eq!(socket.hear().await, json!({ "id": "every", "type": "next", "payload": posted }));
    assert_eq!(socket.hear().await["type"], "complete");
    posted["data"].take()
}

/// The error of an operation that cannot begin; the socket goes on.
async fn refused_by(socket: &mut Socket, payload: Value) -> Value {
    socket.begin_with("refused", payload).await;
    let mut error = socket.hear().await;
    assert_eq!((&error["id"], &error["type"]), (&json!("refused"), &json!("error")), "{error:#}");
    error["payload"][0].take()
}

async fn a_hash_without_a_text_is_answered_in_the_words_that_clients_know(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let mut socket = Socket::open(&server, &caller.token).await;
    let hash = json!({ "persistedQuery": { "version": 1, "sha256Hash": "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38" } });
    for body in [
        json!({ "extensions": hash }),
        json!({ "query": "", "operationName": "Viewer", "variables": {}, "extensions": hash }),
    ] {
        let message = caller.refused(&body, "PERSISTED_QUERY_NOT_SUPPORTED").await;
        assert_eq!(message, "PersistedQueryNotSupported");
        let error = refused_by(&mut socket, body).await;
        assert_eq!(error["message"], "PersistedQueryNotSupported", "{error:#}");
        assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_SUPPORTED", "{error:#}");
    }
    let null = json!({ "query": null, "documentId": null, "extensions": hash });
    assert_eq!(caller.post(&null, RESPONSE).await.1["errors"][0]["message"], "PersistedQueryNotSupported");
    // Clients of server-sent events read nothing but a stream.
    let request = caller.http.post(&caller.url).bearer_auth(&caller.token).header("accept", "text/event-stream");
    let stream = request.json(&json!({ "extensions": hash })).send().await.unwrap().text().await.unwrap();
    assert!(stream.starts_with("event: next\ndata: {\"errors\":[{"), "{stream}");
    assert!(stream.contains("\"message\":\"PersistedQueryNotSupported\""), "{stream}");

    // A text runs, whatever comes with it.
    let data = everywhere(&caller, &mut socket, json!({ "query": VIEWER, "extensions": hash })).await;
    assert_eq!(data["viewer"]["name"], "frontend");
    for nothing in [json!({}), json!({ "extensions": {} }), json!({ "extensions": { "persistedQuery": null } })] {
        let (status, answer) = caller.post(&nothing, JSON).await;
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")), "{answer:#}");
    }
}
on_both!(a_hash_without_a_text_is_answered_in_the_words_that_clients_know);

async fn without_trusted_documents_no_id_is_known_and_a_text_beside_one_runs(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let mut socket = Socket::open(&server, &caller.token).await;
    let body = json!({ "documentId": "sha256:71f7dc57" });
    let message = caller.refused(&body, "PERSISTED_QUERY_NOT_FOUND").await;
    assert!(message.contains("`sha256:71f7dc57`"), "{message}");
    let error = refused_by(&mut socket, body).await;
    assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND", "{error:#}");
    let long = caller.refused(&json!({ "documentId": "x".repeat(3_000) }), "PERSISTED_QUERY_NOT_FOUND").await;
    assert!(long.len() < 300, "{long}");
    let data = everywhere(&caller, &mut socket, json!({ "documentId": "v1", "query": VIEWER })).await;
    assert_eq!(data["viewer"]["name"], "frontend");
    let (status, answer) = caller.post(&json!({ "documentId": 7 }), JSON).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")), "{answer:#}");
}
on_both!(without_trusted_documents_no_id_is_known_and_a_text_beside_one_runs);

/// A server that trusts four documents.
fn trusting(kind: &str) -> Server {
    let directory = TempDir::new().unwrap();
    let documents = json!({ "viewer": VIEWER, "b5d4045c3f466fa91fe2cc6abe79232a": SEVERAL, "watch": WATCH,
        "cursor": "{ eventCursor }" });
    std::fs::write(directory.path().join("trusted.json"), documents.to_string()).unwrap();
    Server::configured_in(directory, PROGRAM, kind, CONFIGURATION)
}

async fn trusted_documents_run_by_their_ids_over_every_transport(kind: &str) {
    let server = trusting(kind);
    let caller = Caller::new(&server);
    let mut socket = Socket::open(&server, &caller.token).await;
    // By its own id, and by the hash that every client can compute.
    for id in ["viewer", "sha256:eaeaa2e100ebedd7c4026676d17d9c2005626544c0375da61de59de281a36ebf"] {
        let data = everywhere(&caller, &mut socket, json!({ "documentId": id })).await;
        assert_eq!(data["viewer"]["name"], "frontend");
    }
    let cursor = everywhere(&caller, &mut socket, json!({ "documentId": "cursor" })).await["eventCursor"].take();
    let watch = json!({ "documentId": "watch", "variables": { "after": cursor } });
    socket.begin_with("watch", watch.clone()).await;
    let created = json!({ "data": { "serviceChanged": { "kind": "REGISTERED", "service": { "name": "first" } } } });
    let several = "b5d4045c3f466fa91fe2cc6abe79232a";
    let create = |name: &str| {
        let input = json!({ "name": name, "executor": "quick" });
        json!({ "documentId": several, "operationName": "Create", "variables": { "input": input } })
    };
    let (status, answer) = caller.post(&create("first"), RESPONSE).await;
    assert_eq!((status, &answer["data"]["createService"]["userErrors"]), (200, &json!([])), "{answer:#}");
    let (status, answer) = caller.get(&create("second"), RESPONSE).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (405, &json!("BAD_REQUEST")), "{answer:#}");
    let named = |name: &str| json!({ "documentId": several, "operationName": "Named", "variables": { "name": name } });
    let mut other = Socket::open(&server, &caller.token).await;
    assert_eq!(everywhere(&caller, &mut other, named("first")).await, json!({ "service": { "name": "first" } }));
    assert_eq!(everywhere(&caller, &mut other, named("second")).await, json!({ "service": null }));
    // Its variables are checked as those of any document.
    let wrong = json!({ "documentId": several, "operationName": "Named", "variables": { "name": [1] } });
    assert_eq!(caller.post(&wrong, RESPONSE).await.1["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let (status, answer) = caller.post(&json!({ "documentId": several }), RESPONSE).await;
    let code = &answer["errors"][0]["extensions"]["code"];
    assert_eq!((status, code), (400, &json!("GRAPHQL_VALIDATION_FAILED")), "{answer:#}");

    assert_eq!(socket.hear().await["payload"], created);
    let request = caller.http.post(&caller.url).bearer_auth(&caller.token).header("accept", "text/event-stream");
    let mut stream = request.json(&watch).send().await.unwrap();
    let mut reported = String::new();
    while !reported.contains("\n\n") {
        reported += str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(reported.contains(&format!("data: {created}\n")), "{reported}");
    server.assert_sound();
}
on_both!(trusted_documents_run_by_their_ids_over_every_transport);

async fn where_documents_are_trusted_no_other_text_runs_and_the_pages_are_off(kind: &str) {
    let server = trusting(kind);
    let caller = Caller::new(&server);
    let mut socket = Socket::open(&server, &caller.token).await;
    let mutation = "mutation { createService(input: { name: \"x\", executor: \"quick\" }) { userErrors { code } } }";
    let before = server.stored().await.state().await;
    for body in [
        json!({ "query": "{ __schema { queryType { name } } }" }),
        json!({ "query": "{ services { totalCount } }" }),
        json!({ "query": VIEWER }),
        json!({ "query": VIEWER, "documentId": "viewer" }),
        json!({ "query": mutation }),
        json!({ "query": "{ not a document" }),
    ] {
        caller.refused(&body, "FORBIDDEN").await;
        let error = refused_by(&mut socket, body).await;
        assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{error:#}");
    }
    for id in ["Viewer", "viewer ", "../viewer", "sha256:", "sha256:viewer", "71f7dc57"] {
        let body = json!({ "documentId": id });
        caller.refused(&body, "PERSISTED_QUERY_NOT_FOUND").await;
        let error = refused_by(&mut socket, body).await;
        assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND", "{error:#}");
    }
    let hash = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "viewer" } } });
    caller.refused(&hash, "PERSISTED_QUERY_NOT_SUPPORTED").await;
    assert_eq!(server.stored().await.state().await, before);

    let status = async |path: &str| {
        let request = caller.http.get(format!("{}{path}", server.url)).header("accept", "text/html, */*;q=0.8");
        request.send().await.unwrap().status().as_u16()
    };
    for path in
        ["/", "/holds", "/console/main.js", "/graphiql", "/graphiql/", "/graphiql/main.js", "/graphiql/index.html"]
    {
        assert_eq!(status(path).await, 404, "{path}");
    }
    assert_eq!(status("/healthz").await, 200);
    server.assert_sound();
}
on_both!(where_documents_are_trusted_no_other_text_runs_and_the_pages_are_off);
