//! Shows the ledger of a central system with one thing changed.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

pub(crate) struct Forger {
    pub(crate) url: String,
}

impl Forger {
    /// Shows what stands at `ledger`, with `change` made to the sessions of the first charger that has any.
    pub(crate) fn start(ledger: String, change: fn(&mut Vec<Value>)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/ledger", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a reader");
            let request = BufReader::new(stream.try_clone().expect("a stream"));
            let _ = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let text = forge(&ledger, change);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
            stream.write_all((head + &text).as_bytes()).expect("a reader");
        });
        Self { url }
    }
}

fn forge(ledger: &str, change: fn(&mut Vec<Value>)) -> String {
    let text = ureq::get(ledger).call().expect("a ledger").into_body().read_to_string().expect("a text");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let sessions = lines.iter_mut().filter_map(|line| line["sessions"].as_array_mut());
    change(sessions.into_iter().find(|sessions| !sessions.is_empty()).expect("a session"));
    lines.iter().map(|line| format!("{line}\n")).collect()
}
