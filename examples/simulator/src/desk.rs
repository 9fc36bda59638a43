//! Who operates the charger: takes the commands of pages and scripts, and moves the cars.

use crate::car::Car;
use crate::command::{Command, CommandId, Operator, Order, State};
use crate::config::Config;
use crate::evse::Evse;
use crate::flash::Chip;
use crate::protocol::{Fields, reply_line};
use crate::random;
use crate::snapshot::{FaultState, Side};
use crate::web::Request;
use crate::window::Window;
use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::time::{Duration, Instant};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, TryRecvError};
use tokio::sync::mpsc::UnboundedSender;

pub(crate) struct Desk<'o> {
    requests: Receiver<Request>,
    config: &'o Config,
    evse: &'o Evse,
    chip: Chip,
    window: Window<'o>,
    sides: Vec<Side>,
    /// The line is cut.
    held: bool,
    /// The charge point does not know that yet: it has just booted.
    holds_again: bool,
    /// Who waits for a reply of the charge point, by the number that their command has there.
    waiting: HashMap<u64, (CommandId, UnboundedSender<String>)>,
    commands: u64,
    questions: VecDeque<Question>,
    /// When a power cut comes at the latest.
    cut_at: Instant,
}

/// What the page wants to know of the charge point again and again.
#[derive(Clone, Copy)]
enum Question {
    /// The composite schedule of a connector.
    Schedule(u8),
    Certificates,
}

/// How long a power cut waits for something to be written.
const CUT_PATIENCE: Duration = Duration::from_millis(150);
/// Words that are still written before a power cut.
const CUT_WORDS: u32 = 6;
/// How far ahead the page sees, in s.
const SCHEDULE_S: u32 = 1800;
// The names of these questions.
const SCHEDULE: &str = "schedule";
const CERTIFICATES: &str = "certificates";

impl<'o> Desk<'o> {
    pub(crate) fn new(
        requests: Receiver<Request>,
        config: &'o Config,
        evse: &'o Evse,
        chip: Chip,
        window: Window<'o>,
    ) -> Self {
        let side = Side { ready: false, jammed: false, fault: None, a: 0.0, car: Car::new(16.0, 3, 40.0, 60.0) };
        Self {
            requests,
            config,
            evse,
            chip,
            window,
            sides: vec![side; config.connectors.into()],
            held: false,
            holds_again: false,
            waiting: HashMap::new(),
            commands: 0,
            questions: VecDeque::new(),
            cut_at: Instant::NEVER,
        }
    }

    /// The charge point is gone for a while; it comes back by itself.
    pub(crate) fn power_off(&mut self, now: Instant) {
        self.evse.outlets().for_each(|(_, outlet)| outlet.advance(now, false));
        self.cut_at = Instant::NEVER;
        self.holds_again = self.held;
        self.window.darken();
    }

    fn advance_cars(&mut self, now: Instant, state: &State) {
        for (connector, side) in state.connectors.iter().skip(1).zip(&mut self.sides) {
            let Some(outlet) = self.evse.outlet(connector.connector) else { continue };
            let max = self.config.max_current_a;
            let charges = connector.permits_charge && outlet.is_plugged() && side.ready;
            let limit = charges.then(|| connector.limit_a.map_or(max, |limit| limit.min(max)));
            let (w, a) = side.car.advance(now, limit, self.config.nominal_voltage);
            if !side.car.is_overruled() {
                outlet.set_meter(None, Some(w), Some(a));
                side.a = a;
            }
        }
    }

    fn request(&mut self, request: Request, now: Instant) -> Option<Order> {
        let fields = match serde_json::from_str::<Map<String, Value>>(&request.line) {
            Ok(fields) => Fields { fields, connectors: self.config.connectors },
            Err(error) => return refuse(&request, &Value::Null, &error.to_string()),
        };
        let id = fields.fields.get("id").cloned().unwrap_or_default();
        let command = match fields.text("cmd").as_deref() {
            Ok("car") => self.change_car(&fields).map(|()| None),
            _ => fields.command().map(Some),
        };
        match command {
            Ok(None) => None,
            Ok(Some(Command::CutPower)) => {
                self.chip.arm(random::number() % CUT_WORDS + 1);
                self.cut_at = now + CUT_PATIENCE;
                None
            }
            Ok(Some(command)) => {
                self.remember(&command);
                self.commands += 1;
                if matches!(
                    command,
                    Command::State
                        | Command::Ask { .. }
                        | Command::Certificates
                        | Command::SetKey { .. }
                        | Command::DataTransfer(_)
                ) {
                    self.waiting.insert(self.commands, (id, request.replies));
                }
                Some(Order::Do(self.commands.into(), command))
            }
            Err(reason) => refuse(&request, &id, &reason),
        }
    }

    /// Another car, or the same one with another battery.
    fn change_car(&mut self, fields: &Fields) -> Result<(), String> {
        let connector = fields.connector()?;
        let positive = |name| fields.number_if_any(name).map(|number| number.filter(|number| *number >= 0.0));
        let (a, phases, soc, kwh) = (positive("a")?, positive("phases")?, positive("soc")?, positive("kwh")?);
        let Some(Side { car, .. }) = self.sides.get_mut(usize::from(connector) - 1) else { return Ok(()) };
        let phases = phases.map_or(car.phases, |phases| (phases as u8).clamp(1, 3));
        *car = Car::new(a.unwrap_or(car.a), phases, soc.unwrap_or(car.soc).min(100.0), kwh.unwrap_or(car.kwh).max(1.0));
        Ok(())
    }

    /// What the hardware is told, and the page wants to show.
    fn remember(&mut self, command: &Command) {
        match command {
            Command::Disconnect => self.held = true,
            Command::Connect => self.held = false,
            Command::PlugIn { connector } => self.at(*connector, |side| side.ready = true),
            Command::PlugOut { connector } => self.at(*connector, |side| side.ready = false),
            Command::EvReady { connector, ready } => self.at(*connector, |side| side.ready = *ready),
            Command::JamLock { connector, jammed } => self.at(*connector, |side| side.jammed = *jammed),
            Command::SetMeter { connector, w, a, .. } if w.is_some() || a.is_some() => self.at(*connector, |side| {
                side.car.overrule();
                side.a = a.unwrap_or(side.a);
            }),
            Command::Fault { connector, fault } => self.at(*connector, |side| {
                side.fault = fault.as_ref().map(|fault| FaultState {
                    code: fault.code.as_str(),
                    info: fault.info.clone(),
                    after_s: fault.after_charging.map(|delay| delay.as_secs_f64()),
                });
            }),
            _ => {}
        }
    }

    fn at(&mut self, connector: u8, change: impl FnOnce(&mut Side)) {
        let side = usize::from(connector).checked_sub(1).and_then(|index| self.sides.get_mut(index));
        if let Some(side) = side {
            change(side);
        }
    }

    /// As the charge point itself says it.
    fn ask(question: Question) -> Order {
        match question {
            Question::Schedule(connector) => {
                let payload = json!({"connectorId": connector, "duration": SCHEDULE_S, "chargingRateUnit": "A"});
                Order::Do(SCHEDULE.into(), Command::Ask { action: "GetCompositeSchedule".into(), payload })
            }
            Question::Certificates => Order::Do(CERTIFICATES.into(), Command::Certificates),
        }
    }
}

impl Operator for Desk<'_> {
    fn look(&mut self, now: Instant, ocpp: &ChargePoint<'_>) {
        if self.window.show(now, ocpp, &self.sides, self.held) {
            let schedules = (1..=self.config.connectors).map(Question::Schedule);
            self.questions = schedules.chain([Question::Certificates]).collect();
        }
    }

    fn next(&mut self, now: Instant, state: &State) -> Order {
        self.advance_cars(now, state);
        if !self.chip.has_power() || now >= self.cut_at {
            return Order::Do(Value::Null, Command::CutPower);
        }
        if std::mem::take(&mut self.holds_again) {
            return Order::Do(Value::Null, Command::Disconnect); // no boot mends a line
        }
        if let Some(question) = self.questions.pop_front() {
            return Self::ask(question);
        }
        loop {
            match self.requests.try_recv() {
                Ok(request) => match self.request(request, now) {
                    Some(order) => return order,
                    None => continue,
                },
                Err(TryRecvError::Empty) => return Order::Wait,
                Err(TryRecvError::Disconnected) => return Order::Leave,
            }
        }
    }

    fn reply(&mut self, id: &CommandId, reply: Value) {
        if *id == SCHEDULE {
            return self.window.show_schedule(&reply);
        }
        if *id == CERTIFICATES {
            return self.window.show_certificates(&reply);
        }
        if let Some((id, replies)) = id.as_u64().and_then(|id| self.waiting.remove(&id)) {
            let _ = replies.send(reply_line(&id, reply).to_string()); // who has asked may have left
        }
    }
}

/// Tells why a line was not understood.
fn refuse(request: &Request, id: &CommandId, reason: &str) -> Option<Order> {
    let line = json!({"event": "error", "id": id, "reason": reason});
    let _ = request.replies.send(line.to_string());
    None
}
