//! The requests of one connection, on their way to the routes, and their responses.

use super::open_connection::OpenConnection;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode, header};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The other end of a connection: an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Hands the requests of one connection to the routes.
pub struct ConnectionService {
    routes: TowerToHyperService<Router>,
    peer: Peer,
    connection: Arc<OpenConnection>,
}

impl ConnectionService {
    pub fn new(router: Router, peer: Peer, connection: Arc<OpenConnection>) -> ConnectionService {
        ConnectionService { routes: TowerToHyperService::new(router), peer, connection }
    }
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<ResponseBody>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.connection.begin_request();
        // The extensions of a request have the spelling of its headers.
        let spelling = request.headers().contains_key(header::UPGRADE).then(|| request.extensions().clone());
        request.extensions_mut().insert(self.peer);
        let connection = self.connection.clone();
        if request.body().is_end_stream() {
            connection.clock().end_request();
        }
        let body = |body| Body::new(RequestBody { body, connection: connection.clone() });
        let responding = self.routes.call(request.map(body));
        responding
            .map(|response| {
                let mut response = response?;
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    // Some clients look for `Sec-WebSocket-Protocol` only in the spelling that they sent.
                    response.extensions_mut().extend(spelling.unwrap_or_default());
                    return Ok(response.map(|body| ResponseBody { body, connection: None }));
                }
                Ok(response.map(|body| ResponseBody { body, connection: Some(connection) }))
            })
            .boxed()
    }
}

/// The body of a request. What is read after its end belongs to the next request.
struct RequestBody {
    body: Incoming,
    connection: Arc<OpenConnection>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.connection.clock().end_request();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response. When it is dropped, the response is complete, and the connection may have another request.
pub struct ResponseBody {
    body: Body,
    connection: Option<Arc<OpenConnection>>,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.end_response();
        }
    }
}
