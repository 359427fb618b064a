//! `/graphql`: who asks, what, and in what form the answer is wanted.

use super::accept::{Accepted, Media};
use super::answer::{self, Refused};
use super::log::{Client, Told};
use super::request::{Asked, Parameters, is_json};
use super::who::{self, Who};
use super::{Server, execute, sse};
use crate::gate::Prepared;
use crate::graphql::{Place, RequestId};
use crate::read::ErrorCode;
use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// The largest body: 10,000 hostnames fit well.
const BODY: usize = 1024 * 1024;
/// How long a client may take to send it.
const SENDING: Duration = Duration::from_secs(30);

/// Queries, mutations, and subscriptions to whoever accepts a stream.
pub async fn post(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let accepted = accepted(&headers);
    let asked = async {
        let who = who(&server, &headers, client).await?;
        if !is_json(text(&headers, header::CONTENT_TYPE)) {
            let message = "The body has to be JSON in UTF-8: send it with `Content-Type: application/json`.";
            return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadRequest, message));
        }
        Ok((who, Asked::from_body(&read(&headers, body).await?)?))
    };
    match asked.await {
        Ok((who, asked)) => answer(&server, &id, &headers, who, asked, accepted, false).await,
        Err(refused) => refused.respond(accepted.refusal(), &id),
    }
}

/// Queries, and subscriptions to whoever accepts a stream; never mutations.
pub async fn get(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let accepted = accepted(&headers);
    let asked = async {
        let who = who(&server, &headers, client).await?;
        let Query(parameters) = Query::<Parameters>::try_from_uri(&uri)
            .map_err(|error| Refused::bad_request(format!("The parameters cannot be read: {error}.")))?;
        Ok::<_, Refused>((who, Asked::from_parameters(parameters)?))
    };
    match asked.await {
        Ok((who, asked)) => answer(&server, &id, &headers, who, asked, accepted, true).await,
        Err(refused) => refused.respond(accepted.refusal(), &id),
    }
}

async fn answer(
    server: &Arc<Server>,
    id: &RequestId,
    headers: &HeaderMap,
    who: Who,
    asked: Asked,
    accepted: Accepted,
    only_reads: bool,
) -> Response {
    let caller = who.caller.name.clone();
    let (mut kind, mut operation) = (None, None);
    let mut response = match asked.prepare(server.engine.gate()) {
        Ok(prepared) => {
            kind = Some(prepared.kind);
            operation = Some(prepared.name.clone().unwrap_or_else(|| prepared.kind.to_string()));
            match form(&prepared, accepted, only_reads) {
                Ok(media) => carry_out(server, id, headers, who, prepared, media).await,
                Err(refused) => refused.respond(accepted.refusal(), id),
            }
        }
        // A subscription that is wrong is told so on a stream: its clients read nothing else.
        Err(errors) => match accepted.answer(OperationType::Query) {
            Some(Media::Events) => sse::once(Answer::from_errors(errors), id),
            Some(media) => answer::answered(Answer::from_errors(errors), media, id),
            None => not_acceptable().respond(Media::Json, id),
        },
    };
    if let Some(told) = response.extensions_mut().get_mut::<Told>() {
        told.caller = Some(caller);
        told.operation = operation;
        told.kind = kind;
    }
    response
}

fn form(prepared: &Prepared, accepted: Accepted, only_reads: bool) -> Result<Media, Refused> {
    if only_reads && prepared.kind == OperationType::Mutation {
        let message = "Mutations are only taken by POST.";
        return Err(
            Refused::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadRequest, message).with(header::ALLOW, "POST")
        );
    }
    accepted.answer(prepared.kind).ok_or_else(not_acceptable)
}

async fn carry_out(
    server: &Arc<Server>,
    id: &RequestId,
    headers: &HeaderMap,
    who: Who,
    prepared: Prepared,
    media: Media,
) -> Response {
    let kind = prepared.kind;
    if kind == OperationType::Subscription {
        let subscribed = match server.subscribers.admit(&who.caller.name, server.limits.subscriptions_per_caller) {
            Ok(subscribed) => subscribed,
            Err(refused) => return refused.respond(media, id),
        };
        // A client that comes back sends the same request as before, and says here what it saw last.
        let place = Place::new(text(headers, "last-event-id"));
        let messages = server.engine.subscribe(prepared.request().data(place), who.caller, &id.0).await;
        return sse::stream(server, messages, subscribed, who.secret, id);
    }
    match (execute::execute(server, prepared.request(), kind, who.caller, id).await, media) {
        (Ok(answer), Media::Events) => sse::once(answer, id),
        (Ok(answer), media) => answer::answered(answer, media, id),
        (Err(refused), Media::Events) => sse::once(refused.answer(), id),
        (Err(refused), media) => refused.respond(media, id),
    }
}

fn not_acceptable() -> Refused {
    let message = "There is no answer in a form that the header Accept allows: application/graphql-response+json or \
                   application/json for queries and mutations, text/event-stream for all and for subscriptions.";
    Refused::new(StatusCode::NOT_ACCEPTABLE, ErrorCode::BadRequest, message)
}

fn accepted(headers: &HeaderMap) -> Accepted {
    let all = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    Accepted::read(&all.collect::<Vec<_>>().join(","))
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whose token the request bears.
async fn who(server: &Server, headers: &HeaderMap, client: Client) -> Result<Who, Refused> {
    Ok(who::who(server, text(headers, header::AUTHORIZATION), client.0).await?)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refused> {
    let too_large = || {
        let message = format!("The body has at most {BODY} bytes.");
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BadRequest, message)
    };
    if text(headers, header::CONTENT_LENGTH).parse().is_ok_and(|length: usize| length > BODY) {
        return Err(too_large());
    }
    let reading = async {
        let mut bytes = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| Refused::bad_request("The body broke off."))?);
            if bytes.len() > BODY {
                return Err(too_large());
            }
        }
        Ok(bytes)
    };
    let too_slow = || Refused::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::BadRequest, "The body took too long.");
    tokio::time::timeout(SENDING, reading).await.unwrap_or_else(|_| Err(too_slow()))
}
