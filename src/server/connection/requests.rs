//! The requests of one connection, on their way to the routes and back.

use super::opened::Opened;
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

pub struct Requests {
    routes: TowerToHyperService<Router>,
    peer: Peer,
    opened: Arc<Opened>,
}

impl Requests {
    pub fn new(router: Router, peer: Peer, opened: Arc<Opened>) -> Requests {
        Requests { routes: TowerToHyperService::new(router), peer, opened }
    }
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Answer>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.opened.begin();
        // Among the extensions of a request is how its headers are spelled.
        let spelling = request.headers().contains_key(header::UPGRADE).then(|| request.extensions().clone());
        request.extensions_mut().insert(self.peer);
        let opened = self.opened.clone();
        if request.body().is_end_stream() {
            opened.clock().arrived();
        }
        let asked = |body| Body::new(Question { body, opened: opened.clone() });
        let answered = self.routes.call(request.map(asked));
        answered
            .map(|answered| {
                let mut response = answered?;
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    // Some clients look for `Sec-WebSocket-Protocol` as they have sent it, and in no other spelling.
                    response.extensions_mut().extend(spelling.unwrap_or_default());
                    return Ok(response.map(|body| Answer { body, opened: None }));
                }
                Ok(response.map(|body| Answer { body, opened: Some(opened) }))
            })
            .boxed()
    }
}

/// The body of a request. What is read behind its end belongs to the next one.
struct Question {
    body: Incoming,
    opened: Arc<Opened>,
}

impl HttpBody for Question {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.opened.clock().arrived();
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

/// The body of an answer. When it is dropped, the answer is complete, and the connection may have another request.
pub struct Answer {
    body: Body,
    opened: Option<Arc<Opened>>,
}

impl HttpBody for Answer {
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

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(opened) = &self.opened {
            opened.answered();
        }
    }
}
