//! The files of the central system: a firmware to load, diagnostics and logs that were sent to it.

use super::Central;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, put};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Files {
    /// How much of the firmware was loaded.
    firmware: Option<Progress>,
    diagnostics: Vec<File>,
    logs: Vec<File>,
    /// What the charge point has said of the upload of a log.
    log_status: Value,
    /// The number of the last request.
    request: u32,
}

#[derive(Clone, Copy, Serialize)]
struct Progress {
    sent: usize,
    size: usize,
}

#[derive(Serialize)]
struct File {
    name: String,
    bytes: usize,
    /// Its beginning.
    text: String,
}

/// A firmware takes four seconds, so that somebody can watch it come.
const CHUNK: usize = 32 * 1024;
const CHUNKS: usize = 40;
const PAUSE: Duration = Duration::from_millis(100);
/// The longest file that is taken, how many files are remembered, and how much of each is shown.
const UPLOAD_MAX: usize = 4 << 20;
const FILES_MAX: usize = 5;
const TEXT_MAX: usize = 16 * 1024;

impl Files {
    pub(super) fn firmware(&self) -> Value {
        json!(self.firmware)
    }

    pub(super) fn next_request(&mut self) -> u32 {
        self.request += 1;
        self.request
    }

    pub(super) fn log_status(&mut self, status: &Value) {
        self.log_status = status.clone();
    }

    pub(super) fn log(&self) -> Value {
        json!({"status": self.log_status, "files": self.logs})
    }

    pub(super) fn diagnostics(&self) -> Value {
        json!(self.diagnostics)
    }
}

pub(super) fn routes() -> Router<Central> {
    Router::new()
        .route("/firmware/{name}", get(firmware))
        .route("/diagnostics/{name}", put(diagnostics))
        .route("/logs/{name}", put(log))
        .layer(DefaultBodyLimit::max(UPLOAD_MAX))
}

async fn firmware(State(central): State<Central>) -> impl IntoResponse {
    const SIZE: usize = CHUNK * CHUNKS;
    let chunks = stream::unfold(0, move |number| {
        let central = central.clone();
        async move {
            central.office().files.firmware = Some(Progress { sent: number * CHUNK, size: SIZE });
            central.tell();
            if number == CHUNKS {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
            Some((Ok::<_, Infallible>(Bytes::from(vec![number as u8; CHUNK])), number + 1))
        }
    });
    ([(header::CONTENT_LENGTH, SIZE)], Body::from_stream(chunks))
}

async fn diagnostics(State(central): State<Central>, Path(name): Path<String>, content: Bytes) {
    keep(&mut central.office().files.diagnostics, name, &content);
    central.tell();
}

async fn log(State(central): State<Central>, Path(name): Path<String>, content: Bytes) {
    keep(&mut central.office().files.logs, name, &content);
    central.tell();
}

fn keep(files: &mut Vec<File>, name: String, content: &Bytes) {
    let text = String::from_utf8_lossy(&content[..content.len().min(TEXT_MAX)]).into_owned();
    files.push(File { name, bytes: content.len(), text });
    if files.len() > FILES_MAX {
        files.remove(0);
    }
}
