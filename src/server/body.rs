//! Bodies as they travel: those of requests are decoded within their limit, and those of answers are compressed for
//! clients that ask for it.

use super::answer::Refused;
use crate::wire::ErrorCode;
use async_compression::tokio::bufread::GzipDecoder;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::{Stream, StreamExt, TryStreamExt};
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio_util::io::{ReaderStream, StreamReader};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

/// The largest body, as it was sent and decoded: 10,000 hostnames fit well.
const BODY: usize = 1024 * 1024;
/// How long a client may take to send it.
const SENDING: Duration = Duration::from_secs(30);
/// Bytes that are decoded at once.
const CHUNK: usize = 16 * 1024;
/// A smaller answer is sent as it is.
const MIN_COMPRESSED: u16 = 1024;

/// How a body was encoded.
enum Coding {
    Identity,
    Gzip,
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Coding, Refused> {
        let values = headers.get_all(header::CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("unknown"));
        let codings = values.flat_map(|value| value.split(',')).map(str::trim);
        let is = |coding: &str, name: &str| coding.eq_ignore_ascii_case(name);
        let codings: Vec<_> = codings.filter(|coding| !coding.is_empty() && !is(coding, "identity")).collect();
        match codings[..] {
            [] => Ok(Coding::Identity),
            [coding] if is(coding, "gzip") || is(coding, "x-gzip") => Ok(Coding::Gzip),
            _ => {
                let message = "This Content-Encoding is not supported: send the body in gzip, or not compressed.";
                let refused = Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadRequest, message);
                Err(refused.with(header::ACCEPT_ENCODING, "gzip"))
            }
        }
    }
}

/// Returns how many bytes a body has at most, decoded.
pub fn length(headers: &HeaderMap) -> Result<usize, Refused> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    match (length, Coding::of(headers)?) {
        (Some(length), _) if length > BODY => Err(too_large()),
        (Some(length), Coding::Identity) => Ok(length),
        _ => Ok(BODY),
    }
}

/// Reads the body of a request, and decodes it no further than its limit.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refused> {
    let chunks = body.into_data_stream().map_err(io::Error::other);
    let reading = async {
        match Coding::of(headers)? {
            Coding::Identity => gather(chunks).await,
            Coding::Gzip => {
                // Members of nothing could go on without end.
                let mut decoder = GzipDecoder::new(StreamReader::new(chunks).take(BODY as u64));
                decoder.multiple_members(true);
                gather(ReaderStream::with_capacity(decoder, CHUNK)).await
            }
        }
    };
    let too_slow =
        || Refused::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::BadRequest, "The body took longer than 30 seconds.");
    tokio::time::timeout(SENDING, reading).await.unwrap_or_else(|_| Err(too_slow()))
}

async fn gather(chunks: impl Stream<Item = io::Result<Bytes>>) -> Result<Vec<u8>, Refused> {
    let mut chunks = pin!(chunks);
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk.map_err(|error| broken(&error))?);
        if bytes.len() > BODY {
            return Err(too_large());
        }
    }
    Ok(bytes)
}

fn broken(error: &io::Error) -> Refused {
    Refused::bad_request(match matches!(error.get_ref(), Some(inner) if inner.is::<axum::Error>()) {
        true => "The body ended too early. Send the request again.".to_owned(),
        false => format!("The body is not gzip, as its Content-Encoding says: {error}."),
    })
}

fn too_large() -> Refused {
    let message = format!("The body has at most {BODY} bytes, decoded if it is compressed.");
    Refused::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BadRequest, message)
}

/// Compresses answers for clients that accept it, as fast as gzip can; never streams, whose events are to arrive at once.
pub fn compression() -> CompressionLayer<And<SizeAbove, NotForContentType>> {
    let fits = SizeAbove::new(MIN_COMPRESSED).and(NotForContentType::SSE);
    CompressionLayer::new().quality(CompressionLevel::Precise(1)).compress_when(fits)
}
