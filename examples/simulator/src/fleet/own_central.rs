//! The central system of a fleet that was given none: this program once more, in a process of its own.

use super::process::Usage;
use std::error::Error;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

pub(crate) struct OwnCentral {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    pub(crate) url: String,
}

impl OwnCentral {
    /// Starts it on a free port of this machine.
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--central", "127.0.0.1:0", "--attached"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let first = output.next_line().await?.unwrap_or_default();
        let url = first.split_whitespace().last().filter(|url| url.starts_with("ws://"));
        let url = url.ok_or("the central system has not started")?.to_owned();
        Ok(Self { child, output, url })
    }

    /// Where it shows what it has heard.
    pub(crate) fn ledger(&self) -> String {
        let host = self.url.trim_start_matches("ws://").trim_end_matches("/ocpp");
        format!("http://{host}/ledger")
    }

    pub(crate) fn usage(&self) -> Usage {
        self.child.id().map_or(Usage::default(), |id| Usage::of(&id.to_string()))
    }

    /// Ends it, and shows its last words.
    pub(crate) async fn stop(mut self) {
        drop(self.child.stdin.take());
        while let Ok(Some(line)) = self.output.next_line().await {
            println!("{line}");
        }
        let _ = self.child.wait().await;
    }
}
