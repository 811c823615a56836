//! The page's files, and no others: what is not on the list does not exist.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::services::{ServeDir, ServeFile};

/// Folders that are served whole, apart from what [`is_listed`] takes out again.
const FOLDERS: [&str; 3] = ["www", "pkg", "models"];

/// The embedded edge model stays here, and so does the model that the gateway answers with: the page
/// never needs it.
const EDGE_MODEL: &str = "edge.gguf";

/// The manifest that the page loads its models by, unless it names another.
const MANIFEST: &str = "/models/manifest.json";

/// A service worker rules the folder that it is served from, so it has an address at the root too.
const SERVICE_WORKER: &str = "/sw.js";
const SERVICE_WORKER_FILE: &str = "/www/sw.js";

/// Every file is asked for again on each visit and answered with 304 where it is unchanged, so a
/// rebuilt page is seen at once. The first three make the page cross-origin isolated, which
/// browsers demand before wasm may use threads.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        HeaderValue::from_static("require-corp"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
];

/// The page and what goes with it.
#[derive(Debug, Clone)]
pub struct Site {
    pub folder: PathBuf,
    /// Served in place of the folder's own manifest.
    pub manifest: Option<PathBuf>,
    /// Never served.
    pub edge_model: PathBuf,
}

impl Site {
    /// Serves the listed files of the folder.
    pub fn router(&self) -> Router {
        let files = Router::new().fallback_service(ServeDir::new(&self.folder));
        let files = match &self.manifest {
            Some(manifest) => files.route_service(MANIFEST, ServeFile::new(manifest)),
            None => files,
        };
        let hidden = below(&self.folder, &self.edge_model).map(Arc::<str>::from);
        files.layer(middleware::from_fn_with_state(hidden, guard))
    }
}

/// The address of a file that lies in the site's folder.
fn below(folder: &Path, file: &Path) -> Option<String> {
    let file = file.canonicalize().ok()?;
    let below = file.strip_prefix(folder.canonicalize().ok()?).ok()?;
    Some(format!("/{}", below.to_string_lossy().replace('\\', "/")))
}

async fn guard(
    State(hidden): State<Option<Arc<str>>>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path() == SERVICE_WORKER {
        *request.uri_mut() = Uri::from_static(SERVICE_WORKER_FILE);
    }
    let path = request.uri().path();
    let is_hidden = hidden.is_some_and(|hidden| hidden.eq_ignore_ascii_case(path));
    let mut response = if is_listed(path) && !is_hidden {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    };
    response.headers_mut().extend(HEADERS);
    response
}

/// Whether the page may have this path. No file of the page needs an escape, a dot at the start
/// of a segment or an empty segment, so a path with one is refused before any decoding.
fn is_listed(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else { return false };
    let segments: Vec<&str> = path.split('/').collect();
    if path.contains(['%', '\\', ':', '\0']) || segments.iter().any(|part| part.starts_with('.')) {
        return false;
    }
    match segments[..] {
        [""] | ["index.html"] | ["docs", "screenshot.png"] => true,
        [file] => file.starts_with("favicon."),
        [folder, .., file] => {
            let is_plain = !segments.contains(&"");
            let is_edge_model = folder == "models" && file.eq_ignore_ascii_case(EDGE_MODEL);
            FOLDERS.contains(&folder) && is_plain && !is_edge_model
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: bool) {
        assert_eq!(is_listed(path), expected, "{path}");
    }

    #[test]
    fn only_what_the_page_needs_is_listed() {
        check("/", true);
        check("/index.html", true);
        check("/www/nearside-chat.js", true);
        check("/www/a/b/c.css", true);
        check("/pkg/nearside_bg.wasm", true);
        check("/models/device.gguf", true);
        check("/models/manifest.json", true);
        check("/favicon.svg", true);
        check("/docs/screenshot.png", true);

        check("", false);
        check("/Cargo.toml", false);
        check("/src/lib.rs", false);
        check("/docs/decisions/1.md", false);
        check("/www", false);
        check("/www/", false);
        check("/www/index.html/", false);
        check("/favicon.d/x", false);
    }

    #[test]
    fn nothing_leads_out_of_the_list() {
        check("/models/edge.gguf", false);
        check("/models/Edge.GGUF", false);
        check("/models//edge.gguf", false);
        check("/models/./edge.gguf", false);
        check("/models/edge%2egguf", false);
        check("/www/../Cargo.toml", false);
        check("/www/..%2fCargo.toml", false);
        check("/www/%2e%2e/Cargo.toml", false);
        check("/www/..\\Cargo.toml", false);
        check("/www/.env", false);
        check("/www/.git/config", false);
        check("//etc/passwd", false);
        check("/favicon.\0", false);
    }
}
