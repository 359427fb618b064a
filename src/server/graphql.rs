//! `/graphql`: who asks, what, and in what form the answer is wanted.

use super::accept::{Accepted, Media, accepted};
use super::access::Sender;
use super::answer::{self, Refused};
use super::log::Told;
use super::request::{Asked, Parameters, is_json};
use super::who::Who;
use super::{Server, body, execute, sse};
use crate::blocking;
use crate::gate::Prepared;
use crate::graphql::{Place, RequestId};
use crate::wire::ErrorCode;
use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use std::sync::Arc;

/// Queries, mutations, and subscriptions to whoever accepts a stream.
pub async fn post(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(sender): Extension<Sender>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let accepted = accepted(&headers);
    let asked = async {
        let who = sender?;
        if !is_json(text(&headers, header::CONTENT_TYPE)) {
            let message = "The body has to be JSON in UTF-8: send it with `Content-Type: application/json`.";
            return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadRequest, message));
        }
        let room = server.waiting.to_read(&who.caller.name, body::length(&headers)?).await?;
        let body = body::read(&headers, body).await?;
        let parsed = server.waiting.to_parse(&who.caller.name, &body).await?;
        let asked = blocking::run(body.len(), || Asked::from_body(&body))?;
        drop((body, room));
        Ok((who, asked, parsed))
    };
    match asked.await {
        Ok((who, asked, _room)) => answer(&server, &id, &headers, who, asked, accepted, false).await,
        Err(refused) => refused.respond(accepted.refusal(), &id),
    }
}

/// Queries, and subscriptions to whoever accepts a stream; never mutations.
pub async fn get(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(sender): Extension<Sender>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let accepted = accepted(&headers);
    let asked = async {
        let who = sender?;
        let Query(parameters) = Query::<Parameters>::try_from_uri(&uri)
            .map_err(|error| Refused::bad_request(format!("The parameters cannot be read: {error}.")))?;
        let room = server.waiting.to_parse(&who.caller.name, uri.query().unwrap_or_default().as_bytes()).await?;
        Ok::<_, Refused>((who, Asked::from_parameters(parameters)?, room))
    };
    match asked.await {
        Ok((who, asked, _room)) => answer(&server, &id, &headers, who, asked, accepted, true).await,
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
    match (execute::execute(server, prepared, kind, who.caller, id).await, media) {
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

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
