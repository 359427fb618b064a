//! In which media type an answer is sent: the `Accept` header.

use async_graphql::parser::types::OperationType;
use axum::http::{HeaderMap, header};

/// A media type of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`: the status says whether execution began.
    GraphqlResponse,
    /// `application/json`: the status is 200 for every well-formed request.
    Json,
    /// `text/event-stream`: server-sent events.
    EventStream,
}

impl MediaType {
    const ALL: [MediaType; 3] = [MediaType::GraphqlResponse, MediaType::Json, MediaType::EventStream];

    /// The name, without parameters.
    pub fn name(self) -> &'static str {
        match self {
            MediaType::GraphqlResponse => "application/graphql-response+json",
            MediaType::Json => "application/json",
            MediaType::EventStream => "text/event-stream",
        }
    }
}

/// The quality of a media type in thousandths: by its name, and by a range that covers it; `None` if the header does
/// not have it.
#[derive(Clone, Copy, Debug, Default)]
struct Quality {
    named: Option<u16>,
    range: Option<u16>,
}

/// What a client accepts.
#[derive(Clone, Copy, Debug)]
pub struct AcceptHeader {
    qualities: [Quality; 3],
    /// The quality of `text/html`.
    html: u16,
}

/// Returns what the headers of a request accept.
pub fn accept_header(headers: &HeaderMap) -> AcceptHeader {
    let all = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    AcceptHeader::parse(&all.collect::<Vec<_>>().join(","))
}

impl AcceptHeader {
    /// Parses the header; one that is missing or empty accepts everything.
    pub fn parse(header: &str) -> AcceptHeader {
        let header = if header.trim().is_empty() { "*/*" } else { header };
        let (mut qualities, mut html) = ([Quality::default(); 3], 0);
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            let quality = quality.map_or(Some(1.0), |quality| quality.parse().ok()).unwrap_or(0.0_f32);
            let quality = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            if name == "text/html" {
                html = quality;
            }
            for (media, known) in MediaType::ALL.into_iter().zip(&mut qualities) {
                let (group, _) = media.name().split_once('/').unwrap_or_default();
                if name == media.name() {
                    known.named = Some(quality);
                } else if name == "*/*" || name.strip_suffix("/*") == Some(group) {
                    known.range = Some(quality.max(known.range.unwrap_or(0)));
                }
            }
        }
        AcceptHeader { qualities, html }
    }

    /// Returns the accepted media type with the highest quality for an operation of this kind, or `None` if none fits.
    /// Subscriptions need a stream. Everything else is sent as `application/json` to clients that name no media type,
    /// as old ones do not.
    pub fn for_operation(&self, kind: OperationType) -> Option<MediaType> {
        let by_name = |media: MediaType| self.qualities[media as usize].named;
        let by_name_or_range = |media: MediaType| by_name(media).or(self.qualities[media as usize].range);
        let candidates = match kind {
            OperationType::Subscription => {
                [by_name_or_range(MediaType::EventStream).map(|quality| (quality, MediaType::EventStream)), None, None]
            }
            _ => [
                // Of equal qualities, the last one is chosen.
                by_name(MediaType::EventStream).map(|quality| (quality, MediaType::EventStream)),
                by_name_or_range(MediaType::Json).map(|quality| (quality, MediaType::Json)),
                by_name(MediaType::GraphqlResponse).map(|quality| (quality, MediaType::GraphqlResponse)),
            ],
        };
        let acceptable = candidates.into_iter().flatten().filter(|(quality, _)| *quality > 0);
        acceptable.max_by_key(|(quality, _)| *quality).map(|(_, media)| media)
    }

    /// Whether `text/html` is named, with a higher quality than every media type of answers.
    pub fn prefers_html(&self) -> bool {
        self.html > 0 && self.qualities.iter().all(|known| known.named.is_none_or(|quality| quality < self.html))
    }

    /// Returns the media type of a refusal before the operation is known.
    pub fn for_refusal(&self) -> MediaType {
        match self.for_operation(OperationType::Query) {
            Some(MediaType::GraphqlResponse) => MediaType::GraphqlResponse,
            _ => MediaType::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_with_the_highest_quality_is_chosen() {
        let query = |header: &str| AcceptHeader::parse(header).for_operation(OperationType::Query);
        for (header, media) in [
            ("", Some(MediaType::Json)),
            ("*/*", Some(MediaType::Json)),
            ("application/*", Some(MediaType::Json)),
            ("application/json", Some(MediaType::Json)),
            ("application/json; charset=utf-8", Some(MediaType::Json)),
            ("application/graphql-response+json", Some(MediaType::GraphqlResponse)),
            ("application/graphql-response+json, application/json;q=0.9", Some(MediaType::GraphqlResponse)),
            ("application/json, application/graphql-response+json;q=0.5", Some(MediaType::Json)),
            ("Application/GraphQL-Response+JSON;charset=utf-8; q=0.7, */*;q=0.1", Some(MediaType::GraphqlResponse)),
            ("text/event-stream", Some(MediaType::EventStream)),
            (
                "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
                Some(MediaType::GraphqlResponse),
            ),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=zero", None),
            ("text/*", None),
        ] {
            assert_eq!(query(header), media, "{header:?}");
        }
    }

    #[test]
    fn html_is_for_clients_that_prefer_it() {
        for (header, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("application/json;q=0.5, Text/HTML", true),
            ("text/html;q=0", false),
            ("application/json, text/html;q=0.9", false),
            ("application/json, text/html", false),
            ("*/*", false),
            ("text/*", false),
            ("", false),
        ] {
            assert_eq!(AcceptHeader::parse(header).prefers_html(), expected, "{header:?}");
        }
    }

    #[test]
    fn a_subscription_needs_a_stream() {
        let subscription = |header: &str| AcceptHeader::parse(header).for_operation(OperationType::Subscription);
        for streams in ["", "*/*", "text/*", "text/event-stream", "application/json, text/event-stream;q=0.1"] {
            assert_eq!(subscription(streams), Some(MediaType::EventStream), "{streams:?}");
        }
        for other in ["application/json", "application/graphql-response+json", "text/event-stream;q=0"] {
            assert_eq!(subscription(other), None, "{other:?}");
        }
    }
}
