//! What may happen to a connector in each of its situations, and what has to come of it.

use crate::support::{Timeline, bench};
use Charger::{FreeVend, KeepsCable, Lenient, Patient, Usual, WithoutPlugSensor};
use Event::{
    AllInoperative, AllOperative, BadCard, Card, EvPause, EvReady, EvsePause, EvseReady, Fault, FirmwareEnd,
    FreeVendOff, FreeVendOn, HoldStart, Inoperative, LinkDown, Operative, OtherCard, Outage, PlugIn, PlugOut, PowerCut,
    RefusedCard, RemoteStart, RemoteStop, Repair, Reset, TimeOut, Unlock, Warning,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    PlugIn,
    PlugOut,
    /// The card TAG is shown. The reader ends a session with it, or else begins one.
    Card,
    OtherCard,
    /// A card that Authorize refuses.
    RefusedCard,
    /// A card that Authorize accepts and StartTransaction refuses.
    BadCard,
    /// With the tag of `Card`.
    RemoteStart,
    RemoteStop,
    EvPause,
    EvReady,
    EvsePause,
    EvseReady,
    Fault,
    Warning,
    /// Ends a fault and a warning.
    Repair,
    Inoperative,
    Operative,
    AllInoperative,
    AllOperative,
    Unlock,
    /// More than ConnectionTimeOut passes.
    TimeOut,
    FirmwareEnd,
    /// The link is lost and comes back.
    Outage,
    LinkDown,
    PowerCut,
    Reset,
    FreeVendOn,
    FreeVendOff,
    /// The firmware holds back the start of a transaction.
    HoldStart,
}

pub(crate) const EVENTS: [Event; 28] = [
    PlugIn,
    PlugOut,
    Card,
    OtherCard,
    RefusedCard,
    BadCard,
    RemoteStart,
    RemoteStop,
    EvPause,
    EvReady,
    EvsePause,
    EvseReady,
    Fault,
    Warning,
    Repair,
    Inoperative,
    Operative,
    AllInoperative,
    AllOperative,
    Unlock,
    TimeOut,
    FirmwareEnd,
    Outage,
    LinkDown,
    PowerCut,
    Reset,
    FreeVendOn,
    FreeVendOff,
];

/// How the charge point is set up. Each has a lock.
#[derive(Clone, Copy)]
pub(crate) enum Charger {
    Usual,
    /// StopTransactionOnEVSideDisconnect is false.
    Patient,
    /// StopTransactionOnInvalidId is false.
    Lenient,
    /// UnlockConnectorOnEVSideDisconnect is false.
    KeepsCable,
    FreeVend,
    WithoutPlugSensor,
}

impl Charger {
    pub(crate) fn start(self) -> Timeline {
        let bench = bench().lock();
        match self {
            Usual => bench,
            Patient => bench.key("StopTransactionOnEVSideDisconnect", "false"),
            Lenient => bench.key("StopTransactionOnInvalidId", "false"),
            KeepsCable => bench.key("UnlockConnectorOnEVSideDisconnect", "false"),
            FreeVend => bench.key("Cst_FreeVendActive", "true"),
            WithoutPlugSensor => bench.without_plug_sensor(),
        }
        .start()
    }
}

/// What is told, and after which events.
pub(crate) type Outcomes = &'static [(&'static str, &'static [Event])];

/// A connector in one of its states.
pub(crate) struct Situation {
    pub(crate) name: &'static str,
    pub(crate) charger: Charger,
    /// What leads to it from a fresh boot. All ways have to come to the same.
    pub(crate) ways: &'static [&'static [Event]],
    /// The transitions that events make of it; after a boot only the state is told, by its number. Where the standard
    /// leaves a choice, `|` is between the possibilities, and `?` stands for any. Every event that is not named tells
    /// nothing.
    pub(crate) outcomes: Outcomes,
    /// The same for what happens while it is faulted, told after the repair. Every event that is not named leads back to
    /// the state before the fault.
    pub(crate) repaired: Option<Outcomes>,
}

pub(crate) const AVAILABLE: [Situation; 5] = [
    Situation {
        name: "Available",
        charger: Usual,
        ways: &[&[], &[PlugIn, PlugOut], &[PlugIn, Card, Card, PlugOut], &[Inoperative, Operative], &[Fault, Repair]],
        outcomes: &[
            ("A2", &[PlugIn, Card, OtherCard, BadCard, RemoteStart]),
            ("A2B1", &[RefusedCard]),
            ("A8", &[Inoperative, AllInoperative]),
            ("A9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: Some(&[("I2", &[PlugIn]), ("I8", &[Inoperative, AllInoperative]), ("9I1", &[PowerCut, Reset])]),
    },
    Situation {
        name: "Available, free vend",
        charger: FreeVend,
        ways: &[&[], &[PlugIn, PlugOut], &[Inoperative, Operative]],
        outcomes: &[
            ("A3", &[PlugIn]),
            ("A2", &[Card, OtherCard, BadCard, RemoteStart]),
            ("A2B1", &[RefusedCard]),
            ("A8", &[Inoperative, AllInoperative]),
            ("A9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "Available, free vend, for an EV that asks for nothing",
        charger: FreeVend,
        ways: &[&[EvPause]],
        outcomes: &[
            ("A4", &[PlugIn]),
            ("A2", &[Card, OtherCard, BadCard, RemoteStart]),
            ("A2B1", &[RefusedCard]),
            ("A8", &[Inoperative, AllInoperative]),
            ("A9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "Available, free vend, offering nothing",
        charger: FreeVend,
        ways: &[&[EvsePause], &[EvPause, EvsePause]],
        outcomes: &[
            ("A5", &[PlugIn]),
            ("A2", &[Card, OtherCard, BadCard, RemoteStart]),
            ("A2B1", &[RefusedCard]),
            ("A8", &[Inoperative, AllInoperative]),
            ("A9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "Available, without plug sensor",
        charger: WithoutPlugSensor,
        ways: &[&[], &[Card, Card]],
        outcomes: &[
            ("A2B3", &[Card, OtherCard, RemoteStart]),
            ("A2B3C6", &[BadCard]),
            ("A2B1", &[RefusedCard]),
            ("A8", &[Inoperative, AllInoperative]),
            ("A9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
];

pub(crate) const PREPARING: [Situation; 8] = [
    Situation {
        name: "plugged in",
        charger: Usual,
        ways: &[
            &[PlugIn],
            &[Card, Card, PlugIn],
            &[PlugIn, RefusedCard],
            &[Inoperative, PlugIn, Operative],
            &[PlugIn, Inoperative, Operative],
        ],
        outcomes: &[
            ("B1", &[PlugOut]),
            ("B3", &[Card, OtherCard, RemoteStart]),
            ("B3C6", &[BadCard]),
            ("B6", &[TimeOut]),
            ("B9", &[Fault]),
            ("2", &[PowerCut, Reset]),
            ("?", &[FreeVendOn]),
        ],
        repaired: Some(&[
            ("I1", &[PlugOut]),
            ("?", &[TimeOut, FreeVendOn]),
            ("I8", &[Inoperative, AllInoperative]),
            ("9I2", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "plugged in, scheduled to become Unavailable",
        charger: Usual,
        ways: &[&[PlugIn, Inoperative], &[PlugIn, AllInoperative]],
        outcomes: &[
            ("B1A8", &[PlugOut]),
            ("B6F8", &[TimeOut]),
            ("B9", &[Fault]),
            ("8", &[PowerCut, Reset]),
            ("?", &[FreeVendOn]),
        ],
        repaired: None,
    },
    Situation {
        name: "a card waits for the plug",
        charger: Usual,
        ways: &[&[Card], &[RemoteStart], &[PlugIn, PlugOut, Card], &[Card, Inoperative, Operative]],
        outcomes: &[
            ("B3", &[PlugIn]),
            ("B1", &[Card, FirmwareEnd, TimeOut]),
            ("B9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: Some(&[("I2B3", &[PlugIn]), ("I1", &[Card, FirmwareEnd, TimeOut]), ("9I1", &[PowerCut, Reset])]),
    },
    Situation {
        name: "a card waits, scheduled to become Unavailable",
        charger: Usual,
        ways: &[&[Card, Inoperative], &[RemoteStart, AllInoperative]],
        outcomes: &[
            ("B3", &[PlugIn]),
            ("B1A8", &[Card, FirmwareEnd, TimeOut]),
            ("B9", &[Fault]),
            ("8", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "the firmware holds the start back",
        charger: Usual,
        ways: &[&[HoldStart, PlugIn, Card], &[HoldStart, Card, PlugIn], &[HoldStart, PlugIn, RemoteStart]],
        outcomes: &[("B1", &[PlugOut]), ("B9", &[Fault]), ("2", &[PowerCut, Reset]), ("?", &[FreeVendOn])],
        repaired: Some(&[("I1", &[PlugOut]), ("?", &[FreeVendOn]), ("9I2", &[PowerCut, Reset])]),
    },
    Situation {
        name: "the firmware holds the start back, scheduled to become Unavailable",
        charger: Usual,
        ways: &[&[HoldStart, PlugIn, Card, Inoperative]],
        outcomes: &[("B1A8", &[PlugOut]), ("B9", &[Fault]), ("8", &[PowerCut, Reset]), ("?", &[FreeVendOn])],
        repaired: None,
    },
    Situation {
        name: "plugged in to an EV that asks for nothing",
        charger: Usual,
        ways: &[&[EvPause, PlugIn]],
        outcomes: &[
            ("B1", &[PlugOut]),
            ("B4", &[Card, OtherCard, RemoteStart]),
            ("B4D6", &[BadCard]),
            ("B6", &[TimeOut]),
            ("B9", &[Fault]),
            ("2", &[PowerCut, Reset]),
            ("?", &[FreeVendOn]),
        ],
        repaired: None,
    },
    Situation {
        name: "plugged in, offering nothing",
        charger: Usual,
        ways: &[&[EvsePause, PlugIn], &[EvPause, EvsePause, PlugIn]],
        outcomes: &[
            ("B1", &[PlugOut]),
            ("B5", &[Card, OtherCard, RemoteStart]),
            ("B5E6", &[BadCard]),
            ("B6", &[TimeOut]),
            ("B9", &[Fault]),
            ("2", &[PowerCut, Reset]),
            ("?", &[FreeVendOn]),
        ],
        repaired: None,
    },
];

pub(crate) const CHARGING: [Situation; 5] = [
    Situation {
        name: "charging",
        charger: Usual,
        ways: &[
            &[PlugIn, Card],
            &[Card, PlugIn],
            &[RemoteStart, PlugIn],
            &[PlugIn, RemoteStart],
            &[PlugIn, Card, EvPause, EvReady],
            &[PlugIn, Card, Inoperative, Operative],
        ],
        outcomes: &[
            ("C4", &[EvPause]),
            ("C5", &[EvsePause]),
            ("C6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("C6F1", &[PlugOut]),
            ("C9", &[Fault]),
            ("6", &[PowerCut]),
            ("2|6", &[Reset]),
        ],
        repaired: Some(&[
            ("I1|I6F1", &[PlugOut]),
            ("I4", &[EvPause]),
            ("I5", &[EvsePause]),
            ("I6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("?", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "charging, scheduled to become Unavailable",
        charger: Usual,
        ways: &[&[PlugIn, Card, Inoperative], &[Card, Inoperative, PlugIn], &[PlugIn, Card, AllInoperative]],
        outcomes: &[
            ("C4", &[EvPause]),
            ("C5", &[EvsePause]),
            ("C8", &[Card, RemoteStop, Unlock, FirmwareEnd, PlugOut]),
            ("C9", &[Fault]),
            ("8", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "charging, free vend",
        charger: FreeVend,
        ways: &[&[PlugIn], &[Inoperative, PlugIn, Operative]],
        outcomes: &[
            ("C4", &[EvPause]),
            ("C5", &[EvsePause]),
            ("C6", &[RemoteStop, Unlock, FirmwareEnd]),
            ("C6F1", &[PlugOut]),
            ("C9", &[Fault]),
            ("?", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "charging, without plug sensor",
        charger: WithoutPlugSensor,
        ways: &[&[Card], &[RemoteStart]],
        outcomes: &[
            ("C1", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("C4", &[EvPause]),
            ("C5", &[EvsePause]),
            ("C9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "charging, without plug sensor, scheduled to become Unavailable",
        charger: WithoutPlugSensor,
        ways: &[&[Card, Inoperative]],
        outcomes: &[
            ("C4", &[EvPause]),
            ("C5", &[EvsePause]),
            ("C8", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("C9", &[Fault]),
            ("8", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
];

pub(crate) const SUSPENDED_EV: [Situation; 5] = [
    Situation {
        name: "the EV asks for nothing",
        charger: Usual,
        ways: &[
            &[PlugIn, Card, EvPause],
            &[EvPause, PlugIn, Card],
            &[PlugIn, EvPause, RemoteStart],
            &[PlugIn, Card, EvPause, EvsePause, EvseReady],
        ],
        outcomes: &[
            ("D3", &[EvReady]),
            ("D5", &[EvsePause]),
            ("D6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("D6F1", &[PlugOut]),
            ("D9", &[Fault]),
            ("6", &[PowerCut]),
            ("2|6", &[Reset]),
        ],
        repaired: Some(&[
            ("I1|I6F1", &[PlugOut]),
            ("I3", &[EvReady]),
            ("I5", &[EvsePause]),
            ("I6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("?", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "the EV asks for nothing, scheduled to become Unavailable",
        charger: Usual,
        ways: &[&[PlugIn, Card, EvPause, Inoperative], &[PlugIn, Card, AllInoperative, EvPause]],
        outcomes: &[
            ("D3", &[EvReady]),
            ("D5", &[EvsePause]),
            ("D8", &[Card, RemoteStop, Unlock, FirmwareEnd, PlugOut]),
            ("D9", &[Fault]),
            ("8", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "the EV is gone, the transaction goes on",
        charger: Patient,
        ways: &[&[PlugIn, Card, PlugOut], &[PlugIn, Card, PlugOut, PlugIn, PlugOut]],
        outcomes: &[
            ("D1", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("D3", &[PlugIn]),
            ("D5", &[EvsePause]),
            ("D9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: Some(&[
            ("I1", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("I3", &[PlugIn]),
            ("I5", &[EvsePause]),
            ("9I1", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "the EV is gone, scheduled to become Unavailable",
        charger: Patient,
        ways: &[&[PlugIn, Card, PlugOut, Inoperative]],
        outcomes: &[
            ("D3", &[PlugIn]),
            ("D5", &[EvsePause]),
            ("D8", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("D9", &[Fault]),
            ("8", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "the EV asks for nothing, without plug sensor",
        charger: WithoutPlugSensor,
        ways: &[&[Card, EvPause], &[EvPause, RemoteStart]],
        outcomes: &[
            ("D1", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("D3", &[EvReady]),
            ("D5", &[EvsePause]),
            ("D9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
];

pub(crate) const SUSPENDED_EVSE: [Situation; 6] = [
    Situation {
        name: "nothing is offered",
        charger: Usual,
        ways: &[&[PlugIn, Card, EvsePause], &[EvsePause, PlugIn, Card], &[PlugIn, EvsePause, RemoteStart]],
        outcomes: &[
            ("E3", &[EvseReady]),
            ("E6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("E6F1", &[PlugOut]),
            ("E9", &[Fault]),
            ("6", &[PowerCut]),
            ("2|6", &[Reset]),
        ],
        repaired: Some(&[
            ("I1|I6F1", &[PlugOut]),
            ("I3", &[EvseReady]),
            ("I6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("?", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "nothing is offered and nothing asked for",
        charger: Usual,
        ways: &[
            &[PlugIn, Card, EvPause, EvsePause],
            &[PlugIn, Card, EvsePause, EvPause],
            &[EvPause, EvsePause, PlugIn, Card],
        ],
        outcomes: &[
            ("E4", &[EvseReady]),
            ("E6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("E6F1", &[PlugOut]),
            ("E9", &[Fault]),
            ("6", &[PowerCut]),
            ("2|6", &[Reset]),
        ],
        repaired: Some(&[
            ("I1|I6F1", &[PlugOut]),
            ("I4", &[EvseReady]),
            ("I6", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("?", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "the central system has withdrawn its consent",
        charger: Lenient,
        ways: &[&[PlugIn, BadCard], &[BadCard, PlugIn]],
        outcomes: &[
            ("E6", &[BadCard, RemoteStop, Unlock, FirmwareEnd]),
            ("E6F1", &[PlugOut]),
            ("E9", &[Fault]),
            ("6", &[PowerCut]),
            ("2|6", &[Reset]),
        ],
        repaired: Some(&[
            ("I1|I6F1", &[PlugOut]),
            ("I6", &[BadCard, RemoteStop, Unlock, FirmwareEnd]),
            ("?", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "nothing is offered, scheduled to become Unavailable",
        charger: Usual,
        ways: &[&[PlugIn, Card, EvsePause, Inoperative], &[PlugIn, Card, AllInoperative, EvsePause]],
        outcomes: &[
            ("E3", &[EvseReady]),
            ("E8", &[Card, RemoteStop, Unlock, FirmwareEnd, PlugOut]),
            ("E9", &[Fault]),
            ("8", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "nothing is offered, and the EV is gone",
        charger: Patient,
        ways: &[&[PlugIn, Card, EvsePause, PlugOut], &[PlugIn, Card, PlugOut, EvsePause]],
        outcomes: &[
            ("E1", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("E4", &[EvseReady]),
            ("E9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "nothing is offered, without plug sensor",
        charger: WithoutPlugSensor,
        ways: &[&[Card, EvsePause], &[EvsePause, RemoteStart]],
        outcomes: &[
            ("E1", &[Card, RemoteStop, Unlock, FirmwareEnd]),
            ("E3", &[EvseReady]),
            ("E9", &[Fault]),
            ("1", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
];

pub(crate) const FINISHING: [Situation; 7] = [
    Situation {
        name: "a transaction is over",
        charger: Usual,
        ways: &[
            &[PlugIn, Card, Card],
            &[Card, PlugIn, RemoteStop],
            &[PlugIn, Card, Unlock],
            &[PlugIn, Card, EvPause, FirmwareEnd, EvReady],
            &[PlugIn, BadCard, BadCard],
        ],
        outcomes: &[
            ("F1", &[PlugOut]),
            ("F2B3", &[Card, OtherCard, RemoteStart]),
            ("F2B3C6", &[BadCard]),
            ("F8", &[Inoperative, AllInoperative]),
            ("F9", &[Fault]),
            ("?", &[RefusedCard, FreeVendOn, PowerCut, Reset]),
        ],
        repaired: Some(&[
            ("I1", &[PlugOut]),
            ("I8", &[Inoperative, AllInoperative]),
            ("?", &[FreeVendOn, PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "no card came in time",
        charger: Usual,
        ways: &[&[PlugIn, TimeOut], &[EvPause, PlugIn, TimeOut, EvReady]],
        outcomes: &[
            ("F1", &[PlugOut]),
            ("F2B3", &[Card, OtherCard, RemoteStart]),
            ("F2B3C6", &[BadCard]),
            ("F8", &[Inoperative, AllInoperative]),
            ("F9", &[Fault]),
            ("?", &[RefusedCard, FreeVendOn, PowerCut, Reset]),
        ],
        repaired: Some(&[
            ("I1", &[PlugOut]),
            ("I8", &[Inoperative, AllInoperative]),
            ("?", &[FreeVendOn, PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "a free vend is over",
        charger: FreeVend,
        ways: &[&[PlugIn, RemoteStop], &[PlugIn, FirmwareEnd], &[PlugIn, Unlock]],
        outcomes: &[
            ("F1", &[PlugOut]),
            ("F2B3", &[Card, OtherCard, RemoteStart]),
            ("F2B3C6", &[BadCard]),
            ("F8", &[Inoperative, AllInoperative]),
            ("F9", &[Fault]),
            ("?", &[RefusedCard, PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "the EV is gone, its cable is locked",
        charger: KeepsCable,
        ways: &[&[PlugIn, Card, PlugOut]],
        outcomes: &[
            ("F1", &[Card, Unlock]),
            ("F8", &[Inoperative, AllInoperative]),
            ("F9", &[Fault]),
            ("?", &[PowerCut, Reset]),
        ],
        repaired: Some(&[
            ("I1|I6F1", &[Card, Unlock]),
            ("I8", &[Inoperative, AllInoperative]),
            ("?", &[PowerCut, Reset]),
        ]),
    },
    Situation {
        name: "deauthorised, the cable is locked",
        charger: Usual,
        ways: &[&[PlugIn, BadCard], &[BadCard, PlugIn]],
        outcomes: &[("F8", &[Inoperative, AllInoperative]), ("F9", &[Fault]), ("?", &[PowerCut, Reset])],
        repaired: Some(&[("I8", &[Inoperative, AllInoperative]), ("?", &[PowerCut, Reset])]),
    },
    Situation {
        name: "deauthorised, the EV is gone, its cable is locked",
        charger: Usual,
        ways: &[&[PlugIn, BadCard, PlugOut]],
        outcomes: &[
            ("F1", &[BadCard, Unlock]),
            ("F8", &[Inoperative, AllInoperative]),
            ("F9", &[Fault]),
            ("?", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
    Situation {
        name: "deauthorised, the cable is locked, without plug sensor",
        charger: WithoutPlugSensor,
        ways: &[&[BadCard], &[EvPause, BadCard, EvReady]],
        outcomes: &[
            ("F1", &[BadCard, Unlock]),
            ("F8", &[Inoperative, AllInoperative]),
            ("F9", &[Fault]),
            ("?", &[PowerCut, Reset]),
        ],
        repaired: None,
    },
];

pub(crate) const UNAVAILABLE: [Situation; 5] = [
    Situation {
        name: "out of service",
        charger: Usual,
        ways: &[
            &[Inoperative],
            &[AllInoperative],
            &[PlugIn, Card, Inoperative, Card, PlugOut],
            &[PlugIn, Inoperative, PlugOut],
            &[Inoperative, PowerCut],
        ],
        outcomes: &[("H1", &[Operative, AllOperative]), ("H9", &[Fault]), ("8", &[PowerCut, Reset])],
        repaired: Some(&[("I1", &[Operative, AllOperative]), ("9I8", &[PowerCut, Reset])]),
    },
    Situation {
        name: "out of service, plugged in",
        charger: Usual,
        ways: &[
            &[Inoperative, PlugIn],
            &[PlugIn, Card, Inoperative, Card],
            &[PlugIn, Card, AllInoperative, FirmwareEnd],
            &[PlugIn, Card, Inoperative, PowerCut],
            &[PlugIn, Card, Card, Inoperative],
        ],
        outcomes: &[("H2", &[Operative, AllOperative]), ("H9", &[Fault]), ("8", &[PowerCut, Reset])],
        repaired: Some(&[("I2", &[Operative, AllOperative]), ("9I8", &[PowerCut, Reset])]),
    },
    Situation {
        name: "out of service, plugged in, free vend",
        charger: FreeVend,
        ways: &[&[Inoperative, PlugIn]],
        outcomes: &[("H3", &[Operative, AllOperative]), ("H9", &[Fault]), ("8", &[PowerCut, Reset])],
        repaired: None,
    },
    Situation {
        name: "out of service, free vend, plugged in to an EV that asks for nothing",
        charger: FreeVend,
        ways: &[&[EvPause, Inoperative, PlugIn]],
        outcomes: &[("H4", &[Operative, AllOperative]), ("H9", &[Fault]), ("8", &[PowerCut, Reset])],
        repaired: None,
    },
    Situation {
        name: "out of service, plugged in, free vend, offering nothing",
        charger: FreeVend,
        ways: &[&[EvsePause, AllInoperative, PlugIn]],
        outcomes: &[("H5", &[Operative, AllOperative]), ("H9", &[Fault]), ("8", &[PowerCut, Reset])],
        repaired: None,
    },
];
