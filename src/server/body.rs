//! Bodies: those of requests are decoded up to a limit, and those of responses are compressed for clients that accept
//! it.

use super::refusal::Refusal;
use super::response::HttpRefusal;
use async_compression::tokio::bufread::GzipDecoder;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::TryStreamExt;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;
use tokio_util::io::StreamReader;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

/// The largest body, both as it was sent and decoded: 10,000 hostnames fit well.
const MAX_BYTES: usize = 1024 * 1024;
/// How long a client may take to send a body.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A smaller response is not compressed.
const MIN_COMPRESSED_BYTES: u16 = 1024;

/// How a body is encoded.
enum Coding {
    Identity,
    Gzip,
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Coding, HttpRefusal> {
        let values = headers.get_all(header::CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("unknown"));
        let codings = values.flat_map(|value| value.split(',')).map(str::trim);
        let is = |coding: &str, name: &str| coding.eq_ignore_ascii_case(name);
        let codings: Vec<_> = codings.filter(|coding| !coding.is_empty() && !is(coding, "identity")).collect();
        match codings[..] {
            [] => Ok(Coding::Identity),
            [coding] if is(coding, "gzip") || is(coding, "x-gzip") => Ok(Coding::Gzip),
            _ => {
                let message = "This Content-Encoding is not supported. Send the body with gzip, or uncompressed.";
                let refusal = HttpRefusal::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
                Err(refusal.with_header(header::ACCEPT_ENCODING, "gzip"))
            }
        }
    }
}

/// Returns the largest number of bytes that a body can have, decoded.
pub fn max_length(headers: &HeaderMap) -> Result<usize, HttpRefusal> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    match (length, Coding::of(headers)?) {
        (Some(length), _) if length > MAX_BYTES => Err(too_large()),
        (Some(length), Coding::Identity) => Ok(length),
        _ => Ok(MAX_BYTES),
    }
}

/// Reads the body of a request, and decodes it no further than its limit.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, HttpRefusal> {
    let sent = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let reading = async {
        match Coding::of(headers)? {
            Coding::Identity => read_limited(sent).await,
            Coding::Gzip => {
                // Without the limit, a body of empty members would never end.
                let mut decoder = GzipDecoder::new(sent.take(MAX_BYTES as u64));
                decoder.multiple_members(true);
                read_limited(decoder).await
            }
        }
    };
    timeout(READ_TIMEOUT, reading).await.unwrap_or_else(|_| {
        let seconds = READ_TIMEOUT.as_secs();
        let message = format!("The body took longer than {seconds} seconds to arrive. Send the request again.");
        Err(HttpRefusal::with_status(StatusCode::REQUEST_TIMEOUT, message))
    })
}

async fn read_limited(decoded: impl AsyncRead + Unpin) -> Result<Vec<u8>, HttpRefusal> {
    let mut bytes = Vec::new();
    decoded.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).await.map_err(|error| unreadable(&error))?;
    match bytes.len() > MAX_BYTES {
        true => Err(too_large()),
        false => Ok(bytes),
    }
}

fn unreadable(error: &io::Error) -> HttpRefusal {
    let message = match matches!(error.get_ref(), Some(inner) if inner.is::<axum::Error>()) {
        true => "The body ended too early. Send the request again.".to_owned(),
        false => format!("The body is not gzip, although its Content-Encoding says so: {error}."),
    };
    Refusal::bad_request(message).into()
}

fn too_large() -> HttpRefusal {
    let message = format!(
        "The body has more than {MAX_BYTES} bytes, counted after decompression. Split it into several requests."
    );
    HttpRefusal::with_status(StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// Compresses responses with gzip's fastest level for clients that accept it; never streams, whose events must arrive
/// at once.
pub fn compression() -> CompressionLayer<And<SizeAbove, NotForContentType>> {
    let compressible = SizeAbove::new(MIN_COMPRESSED_BYTES).and(NotForContentType::SSE);
    CompressionLayer::new().quality(CompressionLevel::Precise(1)).compress_when(compressible)
}
