//! Scripts: commands from a file or from stdin, one after the other, with pauses.

use crate::web::{Feed, Request};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader, stdin};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How a script has ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// There are no more lines.
    Played,
    /// It wants the simulator to end.
    Leave,
}

/// How long is waited for something, if nothing else is said.
const PATIENCE_S: f64 = 60.0;

/// Plays a script. Replies go to stdout.
///
/// # Errors
/// What was waited for in vain, or why the file cannot be read. A line that is not understood only is told.
pub(crate) async fn play(script: &Path, feed: &Feed, commands: mpsc::Sender<Request>) -> Result<End, String> {
    let unreadable = |error| format!("{}: {error}", script.display());
    let reader: Box<dyn AsyncRead + Send + Unpin> = match script.to_str() {
        Some("-") => Box::new(stdin()),
        _ => Box::new(File::open(script).await.map_err(unreadable)?),
    };
    let (replies, mut lines) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(line) = lines.recv().await {
            println!("{line}");
        }
    });
    play_lines(BufReader::new(reader), feed, commands, replies).await
}

async fn play_lines(
    mut reader: impl AsyncBufRead + Unpin,
    feed: &Feed,
    commands: mpsc::Sender<Request>,
    replies: mpsc::UnboundedSender<String>,
) -> Result<End, String> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match reader.read_until(b'\n', &mut bytes).await {
            Ok(0) => return Ok(End::Played),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
        let line = String::from_utf8_lossy(&bytes).trim().to_owned();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Map<String, Value> = serde_json::from_str(&line).unwrap_or_default();
        match fields.get("cmd").and_then(Value::as_str) {
            Some("leave") => return Ok(End::Leave),
            Some("wait") => wait(&fields, feed).await?,
            _ => {
                let request = Request { line, replies: replies.clone() };
                commands.send(request).await.map_err(|_| "the charger has stopped")?;
            }
        }
    }
}

/// `{"cmd":"wait","s":2}`, or until the other members hold.
async fn wait(fields: &Map<String, Value>, feed: &Feed) -> Result<(), String> {
    let seconds =
        |name: &str| fields.get(name).and_then(Value::as_f64).map(|s| Duration::from_secs_f64(s.clamp(0.0, 1e6)));
    if let Some(pause) = seconds("s") {
        sleep(pause).await;
    }
    let until = async {
        let (_, mut news) = feed.listen();
        while !holds(fields, feed) {
            let _ = news.recv().await; // late or not, something is new
        }
    };
    let patience = seconds("within").unwrap_or(Duration::from_secs_f64(PATIENCE_S));
    timeout(patience, until).await.map_err(|_| format!("waited in vain: {}", json!(fields)))
}

/// Whether a connector has this status, the link this state, the journal so many messages.
fn holds(fields: &Map<String, Value>, feed: &Feed) -> bool {
    let charge_point = feed.state("charge point").unwrap_or_default();
    let connectors = feed.state("connectors").unwrap_or_default();
    let connector = fields.get("connector").and_then(Value::as_u64).unwrap_or(1);
    let connector = connector.checked_sub(1).map_or(&Value::Null, |index| &connectors[index as usize]);
    let is = |name: &str, state: &Value| fields.get(name).is_none_or(|wanted| wanted == state);
    let online = charge_point["link"]["connected"] == true && charge_point["link"]["accepted"] == true;
    is("status", &connector["status"])
        && is("online", &online.into())
        && is("waiting", &charge_point["journal"]["waiting"])
        && is("transaction", &connector["transaction"]["id"])
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn played(script: &str, feed: &Feed) -> (Result<End, String>, Vec<String>) {
        let (commands, mut requests) = mpsc::channel(100);
        let (replies, _) = mpsc::unbounded_channel();
        let end = play_lines(script.as_bytes(), feed, commands, replies).await;
        let mut lines = Vec::new();
        while let Some(request) = requests.recv().await {
            lines.push(request.line);
        }
        (end, lines)
    }

    #[tokio::test]
    async fn a_script_goes_on_after_a_broken_line_and_waits_for_what_it_names() {
        let feed = Feed::new();
        feed.set("connectors", &json!([{"status": "Charging"}]));
        let script = "# a comment\n{\"cmd\":\"connect\"}\n{broken\n\n{\"cmd\":\"wait\",\"status\":\"Charging\"}\n{\"cmd\":\"leave\"}\nnever";
        let (end, lines) = played(script, &feed).await;
        assert_eq!(end, Ok(End::Leave));
        assert_eq!(lines, ["{\"cmd\":\"connect\"}", "{broken"]);
    }

    #[tokio::test]
    async fn what_does_not_come_in_time_ends_the_script() {
        let (end, _) = played("{\"cmd\":\"wait\",\"status\":\"Charging\",\"within\":0}", &Feed::new()).await;
        assert!(end.unwrap_err().starts_with("waited in vain"));
    }
}
