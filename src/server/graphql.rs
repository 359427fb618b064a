//! `/graphql`: reads a request, has its operation executed, and answers in the media type that the client accepts.

use super::access::Authentication;
use super::access_record::AccessRecord;
use super::media_type::{AcceptHeader, MediaType, accept_header};
use super::refusal::Refusal;
use super::request::{Parameters, RawRequest, is_json};
use super::response::{self, HttpRefusal};
use super::state::Server;
use super::{body, execute, sse};
use crate::auth::Identity;
use crate::blocking;
use crate::gate::PreparedRequest;
use crate::graphql::{Place, RequestId};
use crate::wire::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use std::sync::Arc;

/// Queries and mutations, and subscriptions for clients that accept a stream.
pub async fn post(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(authentication): Extension<Authentication>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let accept = accept_header(&headers);
    let reading = async {
        let identity = authentication?;
        if !is_json(text(&headers, header::CONTENT_TYPE)) {
            let message = "The body must be JSON in UTF-8. Send it with `Content-Type: application/json`.";
            return Err(HttpRefusal::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let caller = &identity.caller.name;
        let reserved_to_read = server.waiting_bytes.reserve_to_read(caller, body::max_length(&headers)?).await?;
        let body = body::read(&headers, body).await?;
        let reserved_to_parse = server.waiting_bytes.reserve_to_parse(caller, &body).await?;
        let request = blocking::run(body.len(), || RawRequest::from_body(&body))?;
        drop((body, reserved_to_read));
        Ok((identity, request, reserved_to_parse))
    };
    match reading.await {
        Ok((identity, request, _reserved)) => answer(&server, &id, &headers, identity, request, accept, false).await,
        Err(refusal) => refusal.respond(accept.for_refusal(), &id),
    }
}

/// Queries, and subscriptions for clients that accept a stream; never mutations.
pub async fn get(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(authentication): Extension<Authentication>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let accept = accept_header(&headers);
    let reading = async {
        let identity = authentication?;
        let Query(parameters) = Query::<Parameters>::try_from_uri(&uri)
            .map_err(|error| Refusal::bad_request(format!("The parameters of the URL cannot be read: {error}.")))?;
        let sent = uri.query().unwrap_or_default().as_bytes();
        let reserved = server.waiting_bytes.reserve_to_parse(&identity.caller.name, sent).await?;
        Ok::<_, HttpRefusal>((identity, RawRequest::from_parameters(parameters)?, reserved))
    };
    match reading.await {
        Ok((identity, request, _reserved)) => answer(&server, &id, &headers, identity, request, accept, true).await,
        Err(refusal) => refusal.respond(accept.for_refusal(), &id),
    }
}

async fn answer(
    server: &Arc<Server>,
    id: &RequestId,
    headers: &HeaderMap,
    identity: Identity,
    request: RawRequest,
    accept: AcceptHeader,
    is_get: bool,
) -> Response {
    let (mut kind, mut operation) = (None, None);
    let mut response = match request.prepare(server.engine.gate()) {
        Ok(prepared) => {
            kind = Some(prepared.kind);
            operation = Some(prepared.name.clone().unwrap_or_else(|| prepared.kind.to_string()));
            match media_type(&prepared, accept, is_get) {
                Ok(media_type) => run(server, id, headers, identity, prepared, media_type).await,
                Err(refusal) => refusal.respond(accept.for_refusal(), id),
            }
        }
        // Clients of subscriptions read nothing but a stream, so an invalid subscription is refused on a stream.
        Err(errors) => match accept.for_operation(OperationType::Query) {
            Some(MediaType::EventStream) => sse::once(Answer::from_errors(errors), id),
            Some(media_type) => response::answered(Answer::from_errors(errors), media_type, id),
            None => not_acceptable().respond(MediaType::Json, id),
        },
    };
    if let Some(record) = response.extensions_mut().get_mut::<AccessRecord>() {
        record.operation = operation;
        record.kind = kind;
    }
    response
}

fn media_type(prepared: &PreparedRequest, accept: AcceptHeader, is_get: bool) -> Result<MediaType, HttpRefusal> {
    if is_get && prepared.kind == OperationType::Mutation {
        let message = "A mutation cannot be sent by GET. Send it by POST.";
        return Err(
            HttpRefusal::with_status(StatusCode::METHOD_NOT_ALLOWED, message).with_header(header::ALLOW, "POST")
        );
    }
    accept.for_operation(prepared.kind).ok_or_else(not_acceptable)
}

async fn run(
    server: &Arc<Server>,
    id: &RequestId,
    headers: &HeaderMap,
    identity: Identity,
    prepared: PreparedRequest,
    media_type: MediaType,
) -> Response {
    let kind = prepared.kind;
    if kind == OperationType::Subscription {
        let counted = match server.subscriptions.admit(&identity.caller.name) {
            Ok(counted) => counted,
            Err(refusal) => return HttpRefusal::from(refusal).respond(media_type, id),
        };
        // A client that reconnects sends the same request as before, and says here which event it saw last.
        let place = Place::new(text(headers, "last-event-id"));
        let messages = server.engine.subscribe(prepared.request().data(place), identity.caller.clone(), &id.0).await;
        return sse::stream(server, messages, counted, identity, id);
    }
    match (execute::execute(server, prepared, kind, identity.caller, id).await, media_type) {
        (Ok(answer), MediaType::EventStream) => sse::once(answer, id),
        (Ok(answer), media_type) => response::answered(answer, media_type, id),
        (Err(refusal), MediaType::EventStream) => sse::once(refusal.answer(), id),
        (Err(refusal), media_type) => HttpRefusal::from(refusal).respond(media_type, id),
    }
}

fn not_acceptable() -> HttpRefusal {
    let message = "The header Accept allows no media type of the answer. Accept application/graphql-response+json or \
                   application/json for queries and mutations, and text/event-stream for subscriptions.";
    HttpRefusal::with_status(StatusCode::NOT_ACCEPTABLE, message)
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
