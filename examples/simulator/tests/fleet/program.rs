//! The program under test.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const SIMULATOR: &str = env!("CARGO_BIN_EXE_simulator");

/// A run that is over.
pub(crate) struct Run {
    pub(crate) is_success: bool,
    text: String,
}

/// Runs a fleet.
pub(crate) fn fleet(options: &str) -> Run {
    let arguments = options.split_whitespace().chain(["--listen", "127.0.0.1:0"]);
    Run::of(Command::new(SIMULATOR).args(arguments).output().expect("a program"))
}

impl Run {
    /// Runs a fleet in a shell after `limit`.
    pub(crate) fn limited(limit: &str, options: &str) -> Self {
        let line = format!("{limit} && exec {SIMULATOR} {options} --listen 127.0.0.1:0");
        Self::of(Command::new("sh").args(["-c", &line]).output().expect("a shell"))
    }

    fn of(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self { is_success: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The number that stands before these words.
    pub(crate) fn number_before(&self, words: &str) -> u64 {
        let (before, _) = self.text.split_once(words).unwrap_or_else(|| panic!("no {words}: {self}"));
        let number = before.split_whitespace().last().unwrap_or_default();
        number.parse().unwrap_or_else(|_| panic!("{number}: {self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\n{}", self.text)
    }
}

/// A central system in a process of its own, which ends with this value.
pub(crate) struct Central {
    child: Child,
    pub(crate) url: String,
    pub(crate) ledger: String,
}

pub(crate) fn central() -> Central {
    let mut child = Command::new(SIMULATOR)
        .args(["--central", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let url = line.split_whitespace().last().expect("an address").to_owned();
    let ledger = url.replace("ws://", "http://").replace("/ocpp", "/ledger");
    Central { child, url, ledger }
}

impl Drop for Central {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
