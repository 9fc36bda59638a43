//! TX-17: every end of a transaction tells its reason (OCPP 1.6 §7.36).

mod support;

use embedded_ocpp::ocpp16::Reason;
use serde_json::json;
use support::{Frame, Timeline, bench, booted};

type Cause = fn(&mut Timeline);

/// What StopTransaction says, and what ends the transaction.
const CAUSES: [(&str, Cause); 10] = [
    ("Local", |t| t.card_again(1, "TAG").unwrap()),
    ("Remote", |t| t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted")),
    ("SoftReset", |t| t.call("Reset", json!({"type": "Soft"})).expect("Accepted")),
    ("HardReset", |t| t.call("Reset", json!({"type": "Hard"})).expect("Accepted")),
    ("UnlockCommand", |t| t.send(r#"[2,"u","UnlockConnector",{"connectorId":1}]"#)),
    ("EVDisconnected", |t| t.unplug(1)),
    ("PowerLoss", |t| {
        t.reboot();
        t.accept_boot();
    }),
    ("EmergencyStop", |t| end(t, Reason::EmergencyStop)),
    ("Reboot", |t| end(t, Reason::Reboot)),
    ("Other", |t| end(t, Reason::Other)),
];

fn end(t: &mut Timeline, reason: Reason) {
    t.charger().end_transaction(None, reason, 1).unwrap();
    t.settle();
}

#[test]
fn tx_17_every_cause_has_its_reason() {
    for (reason, cause) in CAUSES {
        let mut t = bench().lock().booted();
        t.at(10).start_charging(1, "TAG", 42);
        cause(t.at(20));
        assert_eq!(told_reason(&mut t), reason);
    }
}

/// Those of OCPP 2.0.1 that OCPP 1.6 does not have.
const LATER: [(Reason, &str); 11] = [
    (Reason::EnergyLimitReached, "EnergyLimitReached"),
    (Reason::GroundFault, "GroundFault"),
    (Reason::ImmediateReset, "ImmediateReset"),
    (Reason::LocalOutOfCredit, "LocalOutOfCredit"),
    (Reason::MasterPass, "MasterPass"),
    (Reason::OvercurrentFault, "OvercurrentFault"),
    (Reason::PowerQuality, "PowerQuality"),
    (Reason::SOCLimitReached, "SOCLimitReached"),
    (Reason::StoppedByEV, "StoppedByEV"),
    (Reason::TimeLimitReached, "TimeLimitReached"),
    (Reason::Timeout, "Timeout"),
];

#[test]
fn tx_17_a_reason_that_ocpp_1_6_does_not_have_is_told_as_other_also_after_a_power_cut() {
    for (reason, spelling) in LATER {
        assert_eq!((reason.as_str(), Reason::from_text(spelling)), (spelling, Some(reason)));
        let mut t = booted();
        t.at(10).start_charging(1, "TAG", 42);
        t.link_down();
        end(&mut t, reason);
        t.reboot();
        t.accept_boot();
        assert_eq!(told_reason(&mut t), "Other");
    }
}

#[test]
fn tx_17_a_start_that_is_refused_has_its_reason() {
    let mut t = booted();
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(42, "Blocked");
    assert_eq!(told_reason(&mut t), "DeAuthorized");
}

/// The reason of the one StopTransaction that comes. All else that comes is taken.
fn told_reason(t: &mut Timeline) -> String {
    let mut reasons = Vec::new();
    while let Some(frame) = t.next_frame() {
        let Frame::Call { id, action, payload } = frame else { continue };
        if action == "StopTransaction" {
            reasons.push(payload["reason"].as_str().unwrap().to_owned());
        }
        t.answer(&id, json!({}));
    }
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    reasons.remove(0)
}
