//! The built pages (`console/dist`), which are part of the program. Each file is packed once, when it is first asked for.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use include_dir::{Dir, include_dir};

use super::Shared;
use super::headers::page_policy;
use super::problem::Problem;
use crate::secret::Token;

static BUILT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../console/dist");

/// The page itself.
const PAGE: &str = "index.html";
/// Stands in the page where the nonce of an answer does.
const NONCE: &str = "__CSP_NONCE__";
/// Files below bear a hash of their content in their names.
const HASHED: &str = "assets/";

/// Files that were packed.
#[derive(Debug, Default)]
pub struct Packed(Mutex<HashMap<String, Bytes>>);

/// A built file; the page itself at `/`. What follows `#` in an address never comes here.
pub async fn serve(Extract(shared): Extract<Shared>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "bad_request", "不支持该方法", "use GET").into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if path.is_empty() || path == PAGE {
        return page().unwrap_or_else(IntoResponse::into_response);
    }
    let name = path;
    let Some(file) = BUILT.get_file(name) else { return Problem::not_found().into_response() };
    let takes_gzip = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|coding| coding.trim().split(';').next() == Some("gzip")));
    let is_text = !matches!(name.rsplit('.').next(), Some("png" | "woff2" | "ico" | "jpg" | "gz" | "br"));
    let mut response = if takes_gzip && is_text {
        let packed = shared.packed.of(name, file.contents());
        let mut response = packed.into_response();
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        Bytes::from_static(file.contents()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let cached = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    response
}

/// The page, with a nonce of its own.
fn page() -> Result<Response, Problem> {
    let file = BUILT.get_file(PAGE).and_then(|file| file.contents_utf8()).ok_or_else(Problem::not_found)?;
    let nonce = Token::random()?;
    let mut response = file.replace(NONCE, nonce.as_str()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(PAGE)));
    if let Ok(policy) = HeaderValue::from_str(&page_policy(nonce.as_str())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

impl Packed {
    fn of(self: &Arc<Self>, name: &str, content: &[u8]) -> Bytes {
        let mut packed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = packed.get(name) {
            return known.clone();
        }
        let bytes = Bytes::from(gzip(content));
        packed.insert(name.to_owned(), bytes.clone());
        bytes
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.expect("invariant: a Vec takes all writes")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
