//! The pages for people, from files in the binary: the console at `/` and GraphiQL at `/graphiql`. They need no other
//! host, and no token to load. `web/` says what they are made of and how their files are built.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The path of GraphiQL.
pub const GRAPHIQL: &str = "/graphiql";

/// The addresses of the console. What a page shows is read by its scripts, so an address of something that does not
/// exist has a page, too, which says so.
const CONSOLE: [&str; 8] =
    ["/", "/s/{service}", "/s/{service}/release", "/r/{release}", "/hosts", "/hosts/{host}", "/holds", "/system"];

/// What the console may load: its own files and the API beside it, nothing else.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; \
                              base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What GraphiQL may load: the same, and its workers and fonts. Its editor sets inline styles and draws its underlines as
/// images in `data:` URLs.
const GRAPHIQL_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; \
                               img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                               frame-ancestors 'none'";

/// A file of a page, compressed with gzip and served so: every browser decodes that.
struct Asset {
    /// The name, behind the folder of its page: `console/main.js`.
    name: &'static str,
    content_type: &'static str,
    policy: &'static str,
    bytes: &'static [u8],
    tag: HeaderValue,
}

/// All files that the build of `web/` made.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let files: &[(&'static str, &'static [u8])] = &include!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/files.rs"));
    files.iter().map(|(name, bytes)| asset(name, bytes)).collect()
});

fn asset(name: &'static str, bytes: &'static [u8]) -> Asset {
    let content_type = match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        _ => "text/plain; charset=utf-8",
    };
    let policy = if name.starts_with("console/") { CONSOLE_POLICY } else { GRAPHIQL_POLICY };
    Asset { name, content_type, policy, bytes, tag: tag(bytes) }
}

/// Returns the routes of the pages and their files. The server has nothing else for people.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let console = CONSOLE.iter().fold(Router::new(), |router, address| {
        router.route(address, get(|headers: HeaderMap| async move { serve("console/index.html", &headers) }))
    });
    console
        .route(GRAPHIQL, get(|headers: HeaderMap| async move { serve("graphiql/index.html", &headers) }))
        .route("/graphiql/", get(|| async { Redirect::permanent("../graphiql") }))
        .route("/console/{file}", get(console_file))
        .route("/graphiql/{file}", get(graphiql_file))
}

async fn console_file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("console/{name}"), &headers)
}

async fn graphiql_file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("graphiql/{name}"), &headers)
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
        (header::CONTENT_SECURITY_POLICY, text(file.policy)),
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
        let mut built = Vec::new();
        for page in ["console", "graphiql"] {
            let files = std::fs::read_dir(format!("web/dist/{page}")).expect("the built files");
            let names = files.map(|entry| entry.expect("a file").file_name().into_string().expect("a name"));
            built.extend(names.map(|name| format!("{page}/{name}")));
        }
        built.sort();
        let mut served: Vec<String> = ASSETS.iter().map(|file| format!("{}.gz", file.name)).collect();
        served.sort();
        assert_eq!(served, built);
        for file in ASSETS.iter() {
            let response = get(&format!("/{}", file.name), None).await;
            assert_eq!(response.status(), StatusCode::OK, "{}", file.name);
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            assert_eq!(header("content-type"), file.content_type);
            assert_eq!(header("content-encoding"), "gzip");
            assert_eq!(header("cache-control"), "no-cache");
            let policy = header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"));
            assert_eq!(policy.contains("unsafe"), file.name.starts_with("graphiql/"), "{}", file.name);
            let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
            assert_eq!(bytes[..2], [0x1f, 0x8b], "{} is not gzip", file.name);
        }
    }

    #[tokio::test]
    async fn graphiql_is_at_its_address_with_and_without_a_slash() {
        let page = get("/graphiql", None).await;
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        let slash = get("/graphiql/", None).await;
        assert!(slash.status().is_redirection());
        assert_eq!(slash.headers()["location"], "../graphiql");
    }

    #[tokio::test]
    async fn the_console_is_at_its_addresses() {
        for path in ["/", "/s/web", "/s/web/release", "/r/rel_7", "/hosts", "/hosts/host-1", "/holds", "/system"] {
            let page = get(path, None).await;
            assert_eq!(page.status(), StatusCode::OK, "{path}");
            assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
            assert_eq!(page.headers()["content-security-policy"], CONSOLE_POLICY);
        }
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
        for path in ["/s", "/s/web/x", "/r", "/r/rel_7/x", "/host", "/holds/x", "/console", "/console/..%2ffiles.rs"] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
