//! A central system for fleets: it answers, and remembers what it has heard of each charger.
//!
//! Chargers connect at `/ocpp/IDENTITY`; `GET /ledger` shows what was heard, one JSON object a charger.

mod answer;
mod record;

use super::limits;
use super::options::CentralOptions;
use super::process::Usage;
use answer::{Rules, answer};
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use record::Record;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// A charger says little at a time, and there are many of them.
const BUFFER: usize = 1024;
const MESSAGE_MAX: usize = 64 * 1024;

#[derive(Default)]
struct Central {
    rules: Rules,
    chargers: Mutex<BTreeMap<String, Arc<Mutex<Record>>>>,
    messages: AtomicU64,
}

/// Serves until it is told to end.
///
/// # Errors
/// Why it cannot.
pub(crate) fn run(options: &CentralOptions) -> Result<(), Box<dyn Error>> {
    limits::allow_all_files();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(options))
}

async fn serve(options: &CentralOptions) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(options.address.ok_or("no address")?).await?;
    let address = listener.local_addr()?;
    println!("central system at ws://{address}/ocpp");
    let central = Arc::new(Central { rules: Rules::new(options.heartbeat), ..Central::default() });
    let router = Router::new()
        .route("/ocpp/{identity}", get(connect))
        .route("/ledger", get(ledger))
        .with_state(Arc::clone(&central));
    let server = axum::serve(listener.tap_io(|stream| _ = stream.set_nodelay(true)), router).into_future();
    tokio::select! {
        result = server => result?,
        () = end(options.attached) => {}
    }
    let heard = central.ledger();
    if let Some(file) = &options.ledger {
        std::fs::write(file, &heard)?;
    }
    let usage = Usage::of_this();
    let messages = central.messages.load(Ordering::Relaxed);
    println!(
        "central system: {} chargers, {messages} messages, {:.1} s of a core, {} MiB",
        heard.lines().count(),
        usage.cpu,
        usage.memory >> 20
    );
    Ok(())
}

/// Waits for the end: that of the standard input, or an interrupt.
async fn end(is_attached: bool) {
    if !is_attached {
        let _ = tokio::signal::ctrl_c().await;
        return;
    }
    // An interrupt at the keyboard is meant for the fleet, which wants to hear our ledger then.
    let interrupts = async { while tokio::signal::ctrl_c().await.is_ok() {} };
    let mut buffer = [0; 64];
    let mut stdin = tokio::io::stdin();
    let input = async { while stdin.read(&mut buffer).await.is_ok_and(|count| count > 0) {} };
    tokio::select! {
        () = input => {}
        () = interrupts => {}
    }
}

async fn connect(
    State(central): State<Arc<Central>>,
    Path(identity): Path<String>,
    link: WebSocketUpgrade,
) -> Response {
    link.protocols(["ocpp1.6"])
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(MESSAGE_MAX)
        .on_upgrade(move |socket| talk(central, identity, socket))
}

async fn talk(central: Arc<Central>, identity: String, mut socket: WebSocket) {
    let record = {
        let mut chargers = central.chargers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(chargers.entry(identity).or_default())
    };
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        central.messages.fetch_add(1, Ordering::Relaxed);
        let answer = {
            let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&text, &central.rules, &mut record)
        };
        let Some(answer) = answer else { continue };
        if socket.send(Message::text(answer)).await.is_err() {
            return;
        }
    }
}

async fn ledger(State(central): State<Arc<Central>>) -> String {
    central.ledger()
}

impl Central {
    fn ledger(&self) -> String {
        let chargers = self.chargers.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = chargers.iter().map(|(identity, record)| {
            let record = record.lock().unwrap_or_else(PoisonError::into_inner);
            serde_json::to_string(&record.heard(identity)).unwrap_or_default() + "\n"
        });
        lines.collect()
    }
}
