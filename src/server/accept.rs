//! In what form an answer is wanted: the `Accept` header.

use async_graphql::parser::types::OperationType;
use axum::http::{HeaderMap, header};

/// A form of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells whether execution began.
    Response,
    /// `application/json`: the status is 200 for every well-formed request.
    Json,
    /// `text/event-stream`: server-sent events.
    Events,
}

impl Media {
    const ALL: [Media; 3] = [Media::Response, Media::Json, Media::Events];

    /// The name, without parameters.
    pub fn name(self) -> &'static str {
        match self {
            Media::Response => "application/graphql-response+json",
            Media::Json => "application/json",
            Media::Events => "text/event-stream",
        }
    }
}

/// How much each form is liked, in thousandths: by its name, or by a range that covers it; none if not said.
#[derive(Clone, Copy, Debug, Default)]
struct Liked {
    named: Option<u16>,
    range: Option<u16>,
}

/// What a client accepts.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    forms: [Liked; 3],
    /// How much a page for people is liked.
    page: u16,
}

/// What the headers of a request say.
pub fn accepted(headers: &HeaderMap) -> Accepted {
    let all = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    Accepted::read(&all.collect::<Vec<_>>().join(","))
}

impl Accepted {
    /// Reads the header; one that is missing or empty accepts everything.
    pub fn read(header: &str) -> Accepted {
        let header = if header.trim().is_empty() { "*/*" } else { header };
        let (mut forms, mut page) = ([Liked::default(); 3], 0);
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            let quality = quality.map_or(Some(1.0), |quality| quality.parse().ok()).unwrap_or(0.0_f32);
            let quality = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            if name == "text/html" {
                page = quality;
            }
            for (media, liked) in Media::ALL.into_iter().zip(&mut forms) {
                let (group, _) = media.name().split_once('/').unwrap_or_default();
                if name == media.name() {
                    liked.named = Some(quality);
                } else if name == "*/*" || name.strip_suffix("/*") == Some(group) {
                    liked.range = Some(quality.max(liked.range.unwrap_or(0)));
                }
            }
        }
        Accepted { forms, page }
    }

    /// The form that is liked best for an operation of this kind; none if nothing fits. Subscriptions need a
    /// stream. Everything else is told as `application/json` to clients that name no form, since old ones do not.
    pub fn answer(&self, kind: OperationType) -> Option<Media> {
        let by_name = |media: Media| self.forms[media as usize].named;
        let in_any_way = |media: Media| by_name(media).or(self.forms[media as usize].range);
        let candidates = match kind {
            OperationType::Subscription => {
                [in_any_way(Media::Events).map(|quality| (quality, Media::Events)), None, None]
            }
            _ => [
                // The last of equals is taken.
                by_name(Media::Events).map(|quality| (quality, Media::Events)),
                in_any_way(Media::Json).map(|quality| (quality, Media::Json)),
                by_name(Media::Response).map(|quality| (quality, Media::Response)),
            ],
        };
        let liked = candidates.into_iter().flatten().filter(|(quality, _)| *quality > 0);
        liked.max_by_key(|(quality, _)| *quality).map(|(_, media)| media)
    }

    /// Whether a page for people is wanted, by name and more than any form of answer.
    pub fn page(&self) -> bool {
        self.page > 0 && self.forms.iter().all(|form| form.named.is_none_or(|quality| quality < self.page))
    }

    /// The form in which to say that something went wrong before the operation was known.
    pub fn refusal(&self) -> Media {
        match self.answer(OperationType::Query) {
            Some(Media::Response) => Media::Response,
            _ => Media::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_is_liked_best_is_chosen() {
        let query = |header: &str| Accepted::read(header).answer(OperationType::Query);
        for (header, media) in [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::Response)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::Response)),
            ("application/json, application/graphql-response+json;q=0.5", Some(Media::Json)),
            ("Application/GraphQL-Response+JSON;charset=utf-8; q=0.7, */*;q=0.1", Some(Media::Response)),
            ("text/event-stream", Some(Media::Events)),
            (
                "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
                Some(Media::Response),
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
    fn a_page_is_for_those_who_name_it_first() {
        for (header, page) in [
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
            assert_eq!(Accepted::read(header).page(), page, "{header:?}");
        }
    }

    #[test]
    fn a_subscription_needs_a_stream() {
        let subscription = |header: &str| Accepted::read(header).answer(OperationType::Subscription);
        for streams in ["", "*/*", "text/*", "text/event-stream", "application/json, text/event-stream;q=0.1"] {
            assert_eq!(subscription(streams), Some(Media::Events), "{streams:?}");
        }
        for other in ["application/json", "application/graphql-response+json", "text/event-stream;q=0"] {
            assert_eq!(subscription(other), None, "{other:?}");
        }
    }
}
