//! The web server: a page of a few files, and a WebSocket on which the page is told what happens and gives commands.
//!
//! It knows nothing of chargers: a [`Site`] is any page, any [`Feed`] and whoever takes the commands.

mod door;
mod feed;

pub(crate) use feed::Feed;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use door::Door;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

/// A page, and what is behind it.
pub(crate) struct Site {
    /// The page itself, under `/`.
    pub html: &'static str,
    /// Its other files, under `/page/NAME`.
    pub files: &'static [File],
    pub feed: Feed,
    pub commands: mpsc::Sender<Request>,
}

pub(crate) struct File {
    name: &'static str,
    content_type: &'static str,
    content: &'static [u8],
}

impl File {
    pub(crate) const fn style(name: &'static str, content: &'static [u8]) -> Self {
        Self { name, content_type: "text/css; charset=utf-8", content }
    }

    pub(crate) const fn script(name: &'static str, content: &'static [u8]) -> Self {
        Self { name, content_type: "text/javascript; charset=utf-8", content }
    }
}

/// A line that a page, or whoever else, has sent.
pub(crate) struct Request {
    pub line: String,
    /// Where the replies to it go, each a line.
    pub replies: mpsc::UnboundedSender<String>,
}

/// Where a page is served.
pub(crate) struct Place {
    listener: TcpListener,
    token: Option<String>,
}

/// The longest command.
const COMMAND_LEN_MAX: usize = 64 * 1024;
/// Nothing from elsewhere, and nothing that is not a file of the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

impl Place {
    /// A token is made up where others than this machine can come.
    pub(crate) async fn open(address: SocketAddr, token: Option<String>) -> Result<Self, String> {
        let listener = match TcpListener::bind(address).await {
            Err(error) => return Err(format!("{address}: {error}; another one is said with --listen")),
            Ok(listener) => listener,
        };
        let is_public = !address.ip().is_loopback();
        Ok(Self { listener, token: token.or_else(|| is_public.then(random_word)) })
    }

    /// What to open in a browser.
    pub(crate) fn url(&self) -> io::Result<String> {
        let address = self.listener.local_addr()?;
        let token = self.token.as_ref().map(|token| format!("?token={token}")).unwrap_or_default();
        Ok(format!("http://{address}/{token}"))
    }

    /// Serves until the process ends.
    pub(crate) async fn serve(self, site: Site) -> io::Result<()> {
        let state = Arc::new((Door { token: self.token }, site));
        let router = Router::new()
            .route("/", get(page))
            .route("/page/{name}", get(file))
            .route("/live", get(live))
            .with_state(state);
        axum::serve(self.listener, router).await
    }
}

type Shared = Arc<(Door, Site)>;

async fn page(State(state): State<Shared>, headers: HeaderMap, uri: Uri) -> Response {
    let (door, site) = &*state;
    if !door.knows_host(&headers) || !door.knows_token(&uri) {
        return refusal();
    }
    content("text/html; charset=utf-8", site.html.as_bytes())
}

async fn file(State(state): State<Shared>, Path(name): Path<String>) -> Response {
    match state.1.files.iter().find(|file| file.name == name) {
        Some(file) => content(file.content_type, file.content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn live(State(state): State<Shared>, headers: HeaderMap, uri: Uri, upgrade: WebSocketUpgrade) -> Response {
    let (door, _) = &*state;
    if !door.knows_host(&headers) || !door.knows_origin(&headers) || !door.knows_token(&uri) {
        return refusal();
    }
    let upgrade = upgrade.max_message_size(COMMAND_LEN_MAX).max_frame_size(COMMAND_LEN_MAX);
    upgrade.on_upgrade(async move |socket| attend(socket, &state.1).await)
}

fn content(content_type: &'static str, content: &'static [u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content).into_response()
}

fn refusal() -> Response {
    (StatusCode::FORBIDDEN, "Open the address that the simulator has printed.\n").into_response()
}

/// One page, until it goes away.
async fn attend(mut socket: WebSocket, site: &Site) {
    let (sender, mut replies) = mpsc::unbounded_channel::<String>();
    'anew: loop {
        let (kept, mut news) = site.feed.listen();
        for each in kept {
            if send(&mut socket, &each).await.is_err() {
                return;
            }
        }
        loop {
            tokio::select! {
                next = news.recv() => match next {
                    Ok(news) => if send(&mut socket, &news).await.is_err() { return },
                    Err(RecvError::Lagged(_)) => continue 'anew,
                    Err(RecvError::Closed) => return,
                },
                Some(reply) = replies.recv() => if send(&mut socket, &reply).await.is_err() { return },
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(line))) => {
                        let request = Request { line: line.to_string(), replies: sender.clone() };
                        if site.commands.send(request).await.is_err() { return }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
        }
    }
}

async fn send(socket: &mut WebSocket, text: &str) -> Result<(), axum::Error> {
    socket.send(Message::text(text)).await
}

/// As hard to guess as a key.
fn random_word() -> String {
    let mut bytes = [0; 16];
    let provider = rustls::crypto::ring::default_provider();
    if provider.secure_random.fill(&mut bytes).is_err() {
        std::process::abort(); // a machine without randomness is not to be opened to others
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
