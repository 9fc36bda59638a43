//! The log in the terminal.

use crate::trace::{Kind, Line, Log};
use std::io::{self, IsTerminal, Write};

pub(crate) fn log_to_stdout() -> Log {
    let has_colours = io::stdout().is_terminal();
    // A log that nobody can read any more stops nothing.
    Log::new(Box::new(move |at, line| _ = io::stdout().lock().write_all(written(line, at, has_colours).as_bytes())))
}

pub(crate) fn log_to_stderr() -> Log {
    Log::new(Box::new(|at, line| _ = io::stderr().lock().write_all(written(line, at, false).as_bytes())))
}

fn written(line: &Line<'_>, at: f64, has_colours: bool) -> String {
    let text = line.text;
    let colour = match line.kind {
        Kind::Note | Kind::State => 1,
        Kind::Sent => 36,
        Kind::Received => 33,
    };
    match has_colours {
        true => format!("{at:7.3}  \x1b[{colour}m{text}\x1b[0m\n"),
        false => format!("{at:7.3}  {text}\n"),
    }
}
