//! Who operates the charge point by the protocol: commands on stdin, replies and events on stdout.

use crate::command::{Command, CommandId, Operator, Order, State};
use crate::protocol::{Fields, reply_line};
use embedded_ocpp::Instant;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

/// The program at the other end of stdin and stdout.
pub(crate) struct Control {
    lines: Receiver<String>,
    connectors: u8,
    /// Nobody reads stdout any more.
    is_alone: bool,
}

impl Control {
    pub(crate) fn of_stdin(connectors: u8) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = io::stdin().lock().split(b'\n').map_while(Result::ok);
            lines.map(|line| String::from_utf8_lossy(&line).into_owned()).try_for_each(|line| sender.send(line))
        });
        Self { lines, connectors, is_alone: false }
    }

    /// Commands are read from now on.
    pub(crate) fn ready(&mut self) {
        self.say(&json!({"event": "ready"}));
    }

    /// The process is about to end.
    pub(crate) fn exit(&mut self, reason: &str) {
        self.say(&json!({"event": "exit", "reason": reason}));
    }

    fn say(&mut self, event: &Value) {
        let mut stdout = io::stdout().lock();
        self.is_alone |= writeln!(stdout, "{event}").and_then(|()| stdout.flush()).is_err();
    }

    fn understand(&self, line: &str) -> Result<(CommandId, Command), (CommandId, String)> {
        let fields = match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => Fields { fields, connectors: self.connectors },
            Ok(_) => return Err((Value::Null, "not a JSON object".into())),
            Err(error) => return Err((Value::Null, error.to_string())),
        };
        let id = fields.fields.get("id").cloned().unwrap_or_default();
        match fields.command() {
            Ok(command) => Ok((id, command)),
            Err(reason) => Err((id, reason)),
        }
    }
}

impl Operator for Control {
    fn next(&mut self, _: Instant, _: &State) -> Order {
        loop {
            let line = match self.lines.try_recv() {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => line,
                Err(TryRecvError::Empty) if !self.is_alone => return Order::Wait,
                Err(_) => return Order::Leave,
            };
            match self.understand(&line) {
                Ok((id, command)) => return Order::Do(id, command),
                Err((id, reason)) => self.say(&json!({"event": "error", "id": id, "reason": reason})),
            }
        }
    }

    fn reply(&mut self, id: &CommandId, reply: Value) {
        self.say(&reply_line(id, reply));
    }
}
