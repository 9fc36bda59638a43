//! The operator of the demonstration: an EV driver who charges once.

use crate::command::{Command, Operator, Order, State};
use embedded_ocpp::time::{Duration, Instant};
use serde_json::Value;

pub(crate) const ID_TAG: &str = "DEADBEEF";
pub(crate) const CONNECTOR: u8 = 1;

/// What the driver waits for, how long they enjoy it, and what they do then.
struct Step {
    until: &'static str,
    holds: fn(&State) -> bool,
    pause: Duration,
    action: fn() -> Command,
}

const STEPS: [Step; 5] = [
    Step {
        until: "connector 1 is free",
        holds: |state| state.online && is(state, "Available"),
        pause: Duration::from_millis(300),
        action: || Command::SetMeter { connector: CONNECTOR, wh: None, w: Some(22_080.0), a: Some(32.0) },
    },
    Step {
        until: "connector 1 is free",
        holds: |state| is(state, "Available"),
        pause: Duration::from_millis(0),
        action: || Command::PlugIn { connector: CONNECTOR },
    },
    Step {
        until: "the EV is noticed",
        holds: |state| is(state, "Preparing"),
        pause: Duration::from_millis(500),
        action: swipe,
    },
    Step {
        until: "the EV charges",
        holds: |state| is(state, "Charging") && state.connectors.iter().any(has_id),
        pause: Duration::from_millis(3_600),
        action: swipe,
    },
    Step {
        until: "the transaction is over",
        holds: |state| is(state, "Finishing") && state.journal.waiting == 0,
        pause: Duration::from_millis(500),
        action: || Command::PlugOut { connector: CONNECTOR },
    },
];

/// How long each step may keep the driver waiting.
const PATIENCE: Duration = Duration::from_secs(5);
/// For the last answers.
const LAST_PAUSE: Duration = Duration::from_millis(400);

pub(crate) struct Script {
    step: usize,
    step_since: Instant,
    held_since: Option<Instant>,
    stays: bool,
    gave_up: Option<&'static str>,
}

impl Script {
    /// Leaves after the session.
    pub(crate) fn new() -> Self {
        Self { step: 0, step_since: Instant::ZERO, held_since: None, stays: false, gave_up: None }
    }

    /// Waits as long as it takes for the first step, and stays whatever comes.
    pub(crate) fn that_stays() -> Self {
        Self { stays: true, ..Self::new() }
    }

    /// Whether all steps were done.
    pub(crate) fn result(&self) -> Result<(), String> {
        match self.gave_up {
            None => Ok(()),
            Some(what) => Err(format!("waited in vain until {what}")),
        }
    }

    fn end(&self) -> Order {
        if self.stays { Order::Wait } else { Order::Leave }
    }

    /// The driver has waited too long: takes the cable and goes.
    fn give_up(&mut self, what: &'static str) -> Order {
        self.gave_up = Some(what);
        Order::Do(Value::Null, Command::PlugOut { connector: CONNECTOR })
    }
}

impl Operator for Script {
    fn next(&mut self, now: Instant, state: &State) -> Order {
        if self.gave_up.is_some() {
            return self.end();
        }
        let Some(step) = STEPS.get(self.step) else {
            let is_over = is(state, "Available") && state.journal.waiting == 0;
            let since = *self.held_since.get_or_insert(now);
            return match () {
                () if is_over && now.since(since) >= LAST_PAUSE => self.end(),
                () if now.since(since) >= PATIENCE && !self.stays => self.give_up("all is told"),
                () => Order::Wait,
            };
        };
        if !(step.holds)(state) {
            self.held_since = None;
            let may_take_its_time = self.step == 0 && self.stays;
            let is_late = now.since(self.step_since) >= PATIENCE;
            return if is_late && !may_take_its_time { self.give_up(step.until) } else { Order::Wait };
        }
        if now.since(*self.held_since.get_or_insert(now)) < step.pause {
            return Order::Wait;
        }
        self.step += 1;
        self.step_since = now;
        self.held_since = None;
        Order::Do(Value::Null, (step.action)())
    }
}

fn swipe() -> Command {
    Command::Swipe { id_tag: ID_TAG.into(), connectors: vec![CONNECTOR] }
}

fn is(state: &State, status: &str) -> bool {
    state.connectors.iter().any(|each| each.connector == CONNECTOR && each.status == status)
}

fn has_id(connector: &crate::command::ConnectorState) -> bool {
    connector.transaction.as_ref().is_some_and(|transaction| transaction.id.is_some())
}
