//! The people who come to charge, one after the other, at one socket.

use crate::chance::Chance;
use crate::hardware::Socket;
use crate::ledger::Ledger;
use crate::story::Story;
use crate::time::{DAY, HOUR, MINUTE, Moment, SECOND};
use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::Reason;

/// How often somebody comes by; who finds the socket taken drives on.
const ARRIVALS: Moment = DAY / 10;

pub(crate) struct Drivers {
    connector: u8,
    chance: Chance,
    story: Story,
    state: State,
    pub(crate) next: Moment,
    card: String,
    /// When the car will be full enough.
    leaves_at: Moment,
    tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Away,
    /// The card was shown first.
    Plugging,
    Plugged,
    /// The card was shown, or an app has asked.
    Waiting,
    Charging,
    Leaving,
}

/// What an app asks the central system for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Start { connector: u8, id_tag: String },
    Stop { connector: u8 },
}

impl Drivers {
    pub(crate) fn new(connector: u8, mut chance: Chance, story: Story) -> Self {
        let next = chance.wait(ARRIVALS);
        Self { connector, chance, story, state: State::Away, next, card: String::new(), leaves_at: 0, tries: 0 }
    }

    /// Does what is to be done now. The charger is none while it has no power.
    pub(crate) fn act(
        &mut self,
        now: Moment,
        charger: Option<&mut ChargePoint<'_>>,
        socket: &Socket,
        ledger: &mut Ledger,
    ) -> Option<Wish> {
        if now < self.next {
            return None;
        }
        let connector = self.connector;
        self.story.tell(now, || format!("{connector}: driver {:?} with {}", self.state, self.card));
        match self.state {
            State::Away => {
                self.card = format!("CARD{:02}", self.chance.below(40));
                self.tries = 0;
                socket.power.set(self.chance.between(1400, 22_000));
                if self.chance.once_in(3) {
                    self.show(charger, ledger);
                    self.go(State::Plugging, now + self.chance.clone().between(2 * SECOND, 90 * SECOND));
                } else {
                    socket.is_plugged.set(true);
                    self.go(State::Plugged, now + self.chance.clone().between(2 * SECOND, 80 * SECOND));
                }
            }
            State::Plugging => {
                socket.is_plugged.set(true);
                self.go(State::Waiting, now + 40 * SECOND);
            }
            State::Plugged => {
                self.go(State::Waiting, now + 45 * SECOND);
                if self.chance.once_in(6) {
                    return Some(Wish::Start { connector, id_tag: self.card.clone() });
                }
                self.show(charger, ledger);
            }
            State::Waiting => match charger {
                Some(charger) if charger.is_transaction_running(connector) => {
                    let lasts = self.chance.between(20 * MINUTE, self.chance.clone().of(&[HOUR, 3 * HOUR, 10 * HOUR]));
                    self.leaves_at = now + lasts;
                    self.look_after(now);
                }
                _ if self.tries >= 4 => self.go(State::Leaving, now + SECOND),
                Some(charger) if charger.is_transaction_active(connector) => {
                    self.tries += 1;
                    self.next = now + 30 * SECOND;
                }
                charger => {
                    self.tries += 1;
                    self.show(charger, ledger);
                    self.next = now + MINUTE;
                }
            },
            State::Charging => {
                let runs = charger.as_ref().is_some_and(|charger| charger.is_transaction_running(connector));
                if now < self.leaves_at && (runs || charger.is_none()) {
                    self.look_after(now);
                } else if now < self.leaves_at && self.tries < 4 {
                    self.go(State::Waiting, now + SECOND);
                } else {
                    self.go(State::Leaving, now + self.chance.clone().between(5 * SECOND, 5 * MINUTE));
                    match self.chance.below(4) {
                        0 => self.next = now, // just pulls the plug
                        1 => return Some(Wish::Stop { connector }),
                        _ if runs => self.show(charger, ledger),
                        _ => {}
                    }
                }
            }
            State::Leaving => {
                let holds_cable = |charger: &ChargePoint<'_>| {
                    charger.locks_cable(connector) && !charger.is_transaction_running(connector)
                };
                if charger.as_ref().is_some_and(|charger| holds_cable(charger)) {
                    self.show(charger, ledger);
                    self.next = now + 20 * SECOND;
                } else {
                    socket.is_plugged.set(false);
                    self.go(State::Away, now + MINUTE + self.chance.clone().wait(ARRIVALS));
                }
            }
        }
        None
    }

    fn go(&mut self, state: State, next: Moment) {
        (self.state, self.next) = (state, next);
        let _ = self.chance.next();
    }

    /// Comes back when the car is full, and looks at it now and then.
    fn look_after(&mut self, now: Moment) {
        let next = self.leaves_at.min(now + self.chance.between(20 * MINUTE, 2 * HOUR));
        self.go(State::Charging, next);
    }

    /// The firmware reads the card, as that of the README does.
    fn show(&self, charger: Option<&mut ChargePoint<'_>>, ledger: &mut Ledger) {
        let Some(charger) = charger else { return };
        if charger.is_transaction_active(self.connector) {
            let _ = charger.end_transaction(Some(&self.card), Reason::Local, self.connector);
        } else if charger.begin_transaction(self.card.as_str(), self.connector).is_ok() {
            ledger.tag_shown(self.connector, &self.card);
        }
    }
}
