//! The charger: the charge point of examples/charger with a chip of its own, over its restarts and power cuts. It has a
//! thread for itself, as it would have a controller for itself.

use crate::config::Config;
use crate::desk::Desk;
use crate::evse::Evse;
use crate::flash::Chip;
use crate::station::{self, End};
use crate::trace::{Kind, Line, Log, Traffic};
use crate::transactions::Transactions;
use crate::web::{Feed, Request};
use crate::window::{Window, unix_ms};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is remembered for pages that come later.
const MESSAGES_MAX: usize = 2000;
const NOTES_MAX: usize = 200;
/// How long it is dark after a power cut, and how long a restart takes.
const DARKNESS: Duration = Duration::from_millis(1500);
const RESTART: Duration = Duration::from_millis(500);

/// Runs until nobody can send commands any more.
pub(crate) fn start(config: Config, feed: Feed, requests: Receiver<Request>) -> JoinHandle<Result<(), String>> {
    thread::spawn(move || operate(&config, &feed, requests).map_err(|error| error.to_string()))
}

fn operate(config: &Config, feed: &Feed, requests: Receiver<Request>) -> Result<(), Box<dyn Error>> {
    let chip = Chip::open(&config.data_dir)?;
    let transactions = Rc::new(RefCell::new(Transactions::default()));
    let log = log(feed.clone(), transactions.clone());
    let evse = Evse::new(config);
    let window = Window::new(feed.clone(), config, &evse, chip.clone(), &transactions);
    let mut desk = Desk::new(requests, config, &evse, chip.clone(), window);
    loop {
        let end = station::run(config, &evse, &mut desk, &log, &Traffic::default(), chip.storage()?)?;
        let pause = match end {
            End::Left => return Ok(()),
            End::PowerCut => DARKNESS,
            End::Reset | End::Updated => RESTART,
        };
        desk.power_off(log.now());
        log.note(if end == End::PowerCut { "power cut" } else { "restart" });
        thread::sleep(pause);
        chip.restore_power();
        log.note("power on");
    }
}

/// Everything that the charger logs goes to the page.
fn log(feed: Feed, transactions: Rc<RefCell<Transactions>>) -> Log {
    Log::new(Box::new(move |_, line| match line.kind {
        Kind::State => {}
        Kind::Note => feed.add("note", NOTES_MAX, &json!({"t": unix_ms(), "text": line.text})),
        Kind::Sent | Kind::Received => {
            tell(&feed, line);
            let Ok(frame) = serde_json::from_slice::<Value>(line.message) else { return };
            match line.kind {
                Kind::Sent => transactions.borrow_mut().sent(&frame),
                _ => transactions.borrow_mut().received(&frame),
            }
        }
    }))
}

fn tell(feed: &Feed, line: &Line<'_>) {
    let direction = if line.kind == Kind::Sent { "out" } else { "in" };
    let text = String::from_utf8_lossy(line.message);
    feed.add("message", MESSAGES_MAX, &json!({"t": unix_ms(), "dir": direction, "text": text}));
}
