//! A conversation with a booted charge point that charges at one of its two connectors. The input is a script:
//!
//! | a line | what happens |
//! |---|---|
//! | `Action payload` | the central system asks for this |
//! | `[...` | it sends this |
//! | `= payload` | it answers the last call of the charge point with a CALLRESULT |
//! | `! members` | or with a CALLERROR |
//! | `+ seconds` | time passes |
//! | a word in lower case | something happens at the charge point, see `at_the_charge_point` |
//!
//! A call that the next line does not answer is accepted, unless that line lets time pass or sends a frame. A script that begins
//! with an answer begins at the boot.
#![no_main]

use embedded_ocpp::json::Serde;
use embedded_ocpp::ocpp16::{ChargePointErrorCode, Reason, UnlockResult};
use embedded_ocpp::time::Duration;
use fuzz::bench::{self, Bench, Site};
use fuzz::central_system::CentralSystem;
use fuzz::device::Device;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

const HOUR: Duration = Duration::from_secs(3600);
/// All the time that a script can let pass.
const SECONDS_MAX: u32 = 4 * 3600;

fuzz_target!(|script: &[u8]| {
    let site = Site::default();
    bench::boot(&site, &mut Device::default(), |bench| {
        let central_system = CentralSystem::default();
        Conversation { site: &site, bench, central_system, asked: 0, seconds_left: SECONDS_MAX }.run(script);
    });
});

struct Conversation<'c, 'a> {
    site: &'c Site,
    bench: &'c mut Bench<'a>,
    central_system: CentralSystem,
    /// How many calls of the central system there were.
    asked: u32,
    seconds_left: u32,
}

impl Conversation<'_, '_> {
    fn run(&mut self, script: &[u8]) {
        self.connect();
        if !matches!(script, [b'=' | b'!', ..]) {
            self.begin_charging();
        }
        let mut lines = script.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            self.step(line);
            self.settle();
            while self.central_system.is_asked() && !matches!(lines.peek(), Some([b'=' | b'!' | b'+' | b'[', ..])) {
                self.central_system.accept(&mut self.bench.link);
                self.settle();
            }
        }
        self.connect();
        self.pass(HOUR);
        self.bench.converse(&mut self.central_system);
        assert_eq!(self.central_system.owed().next(), None);
    }

    fn connect(&mut self) {
        self.bench.link.connect();
        self.settle();
    }

    fn begin_charging(&mut self) {
        self.bench.converse(&mut self.central_system);
        self.at_the_charge_point("plug", 1, "");
        self.at_the_charge_point("card", 1, "TAG");
        self.settle();
        self.bench.converse(&mut self.central_system);
        assert!(self.bench.charge_point.is_transaction_running(1));
    }

    fn step(&mut self, line: &[u8]) {
        let link = &mut self.bench.link;
        match line {
            [] => {}
            [b'=', payload @ ..] => self.central_system.answer(link, 3, payload),
            [b'!', members @ ..] => self.central_system.answer(link, 4, members),
            [b'[', ..] => self.call(line.to_vec()),
            [b'+', seconds @ ..] => {
                let seconds = number(seconds).min(self.seconds_left);
                self.seconds_left -= seconds;
                self.pass(Duration::from_secs(seconds));
            }
            [b'a'..=b'z', ..] => {
                let text = String::from_utf8_lossy(line);
                let mut words = text.splitn(3, ' ');
                let mut word = || words.next().unwrap_or_default();
                let (event, connector) = (word(), word().parse().unwrap_or(1));
                self.at_the_charge_point(event, connector, word());
            }
            _ => {
                let (action, payload) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
                self.asked += 1;
                let head = format!("[2,\"csms-{}\",\"", self.asked);
                self.call([head.as_bytes(), action, b"\",", payload, b"]"].concat());
            }
        }
    }

    fn call(&mut self, frame: Vec<u8>) {
        // BOOT-06: one that was rejected keeps silent.
        let is_certain = self.bench.charge_point.is_accepted();
        self.central_system.send(&mut self.bench.link, frame, is_certain);
    }

    fn at_the_charge_point(&mut self, event: &str, connector: u8, argument: &str) {
        let charge_point = &mut self.bench.charge_point;
        let index = usize::from(connector != 1);
        match event {
            "plug" => self.site.plugged[index].set(true),
            "unplug" => self.site.plugged[index].set(false),
            "meter" => self.site.energy_wh[index].set(argument.parse().unwrap_or_default()),
            "fault" => self.site.error[index].set(Some(ChargePointErrorCode::GroundFailure)),
            "repair" => self.site.error[index].set(None),
            "jam" => self.site.unlock.set(UnlockResult::Pending),
            "card" => _ = charge_point.begin_transaction(argument, connector),
            "end" => _ = charge_point.end_transaction(Some(argument), Reason::Local, connector),
            "stop" => _ = charge_point.end_transaction(None, Reason::Other, connector),
            "ask" => _ = charge_point.authorize(argument, &|_| {}),
            "transfer" => {
                let payload = BTreeMap::from([("vendorId", argument)]);
                let _ = charge_point.send_request("DataTransfer", &Serde(&payload), None);
            }
            "cut" => {
                self.bench.link.cut();
                self.central_system.forget();
            }
            "link" => self.bench.link.connect(),
            _ => {}
        }
    }

    fn pass(&mut self, time: Duration) {
        let central_system = &mut self.central_system;
        self.bench.pass(time, |bench| central_system.hear(&mut bench.link));
    }

    fn settle(&mut self) {
        self.bench.settle();
        self.central_system.hear(&mut self.bench.link);
    }
}

fn number(text: &[u8]) -> u32 {
    std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1)
}
