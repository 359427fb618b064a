//! GraphiQL at `/graphiql`, from files in the binary: it needs no other host, and no token to load. `graphiql/` says
//! what it is made of and how its files are built.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// What the page may load: its own files and the API beside it, nothing else. Its editor sets inline styles and draws
/// its underlines as images in `data:` URLs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; \
                      img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A file of the page, compressed with gzip and served so: every browser decodes that.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    tag: HeaderValue,
}

static ASSETS: LazyLock<[Asset; 8]> = LazyLock::new(|| {
    macro_rules! file {
        ($name:literal, $content_type:literal) => {{
            let bytes = include_bytes!(concat!("../../graphiql/dist/", $name, ".gz"));
            Asset { name: $name, content_type: $content_type, bytes, tag: tag(bytes) }
        }};
    }
    [
        file!("index.html", "text/html; charset=utf-8"),
        file!("main.js", "text/javascript; charset=utf-8"),
        file!("main.css", "text/css; charset=utf-8"),
        file!("editor.worker.js", "text/javascript; charset=utf-8"),
        file!("graphql.worker.js", "text/javascript; charset=utf-8"),
        file!("json.worker.js", "text/javascript; charset=utf-8"),
        file!("codicon.ttf", "font/ttf"),
        file!("licenses.txt", "text/plain; charset=utf-8"),
    ]
});

/// Returns the routes of the page and its files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/graphiql", get(|headers: HeaderMap| async move { serve("index.html", &headers) }))
        .route("/graphiql/", get(|| async { Redirect::permanent("../graphiql") }))
        .route(
            "/graphiql/{file}",
            get(|Path(name): Path<String>, headers: HeaderMap| async move { serve(&name, &headers) }),
        )
}

fn serve(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = ASSETS.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let text = HeaderValue::from_static;
    let cache_headers = [
        // A browser caches a file, and checks each time whether it has changed.
        (header::CACHE_CONTROL, text("no-cache")),
        (header::ETAG, file.tag.clone()),
        (header::CONTENT_SECURITY_POLICY, text(CONTENT_SECURITY_POLICY)),
        (header::REFERRER_POLICY, text("no-referrer")),
    ];
    if headers.get(header::IF_NONE_MATCH) == Some(&file.tag) {
        return (StatusCode::NOT_MODIFIED, cache_headers).into_response();
    }
    let content = [(header::CONTENT_TYPE, text(file.content_type)), (header::CONTENT_ENCODING, text("gzip"))];
    (cache_headers, content, file.bytes).into_response()
}

/// Returns a tag that identifies the bytes.
fn tag(bytes: &[u8]) -> HeaderValue {
    let hash = Sha256::digest(bytes);
    HeaderValue::try_from(format!("\"{}\"", hex::encode(&hash[..8]))).expect("hexadecimal digits are valid in a header")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    async fn get(path: &str, tag: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let request = request.body(Body::empty()).expect("a request");
        routes::<()>().with_state(()).oneshot(request).await.expect("an answer")
    }

    #[tokio::test]
    async fn each_file_that_the_build_made_is_served_with_its_type_and_may_load_nothing_from_elsewhere() {
        let built = std::fs::read_dir("graphiql/dist").expect("the built files");
        let mut names: Vec<String> =
            built.map(|entry| entry.expect("a file").file_name().into_string().expect("a name")).collect();
        names.sort();
        let mut served: Vec<String> = ASSETS.iter().map(|file| format!("{}.gz", file.name)).collect();
        served.sort();
        assert_eq!(served, names);
        for file in ASSETS.iter() {
            let response = get(&format!("/graphiql/{}", file.name), None).await;
            assert_eq!(response.status(), StatusCode::OK, "{}", file.name);
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            assert_eq!(header("content-type"), file.content_type);
            assert_eq!(header("content-encoding"), "gzip");
            assert_eq!(header("cache-control"), "no-cache");
            assert!(header("content-security-policy").starts_with("default-src 'none'"));
            let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
            assert_eq!(bytes[..2], [0x1f, 0x8b], "{} is not gzip", file.name);
        }
    }

    #[tokio::test]
    async fn the_page_is_at_graphiql_with_and_without_a_slash() {
        let page = get("/graphiql", None).await;
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        let slash = get("/graphiql/", None).await;
        assert!(slash.status().is_redirection());
        assert_eq!(slash.headers()["location"], "../graphiql");
    }

    #[tokio::test]
    async fn a_file_that_the_browser_has_cached_is_not_sent_again() {
        let first = get("/graphiql/main.css", None).await;
        let tag = &first.headers()["etag"];
        let again = get("/graphiql/main.css", Some(tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(&again.headers()["etag"], tag);
        assert!(to_bytes(again.into_body(), usize::MAX).await.expect("a body").is_empty());
        let other = get("/graphiql/main.css", Some(&HeaderValue::from_static("\"other\""))).await;
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        for path in ["/graphiql/index.html.gz", "/graphiql/main", "/graphiql/..%2fbuild.mjs", "/graphiql/%2e%2e"] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
