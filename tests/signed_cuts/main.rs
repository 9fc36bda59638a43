//! SMV-12: signed values and the power, which fails after every step of device and wire: what the meter has signed is told for
//! the transaction it was signed for, byte for byte, once, and is not lost when the meter was told that it is stored.

mod central;
mod course;
mod meter;
#[path = "../support/mod.rs"]
mod support;
mod truth;

use central::Central;
use course::Step::{Card, CardAgain, Plug};
use course::{Case, NEVER, signing, take};
use embedded_ocpp::store::registry;
use meter::{begin_anew, meter};
use serde_json::json;
use support::signatures::told;

/// The first time at which nothing goes wrong any more.
fn first_whole(case: impl Fn(u32) -> Case) -> u32 {
    (1..).find(|number| !case(*number).play()).unwrap()
}

#[test]
fn smv_12_without_a_power_cut() {
    for is_online in [false, true] {
        assert!(!Case::new(1, is_online).play());
        assert!(!Case::new(2, is_online).play());
    }
}

#[test]
fn smv_12_a_power_cut_after_any_step_loses_doubles_and_mixes_up_no_signed_value() {
    for (connectors, is_online) in [(1, false), (1, true), (2, false), (2, true)] {
        let cuts = first_whole(|first| {
            println!("{connectors} connectors, online {is_online}, cut after {first}");
            Case { cuts: [first, NEVER], ..Case::new(connectors, is_online) }
        });
        println!("{cuts} cuts");
        assert!(cuts > 150, "{cuts}");
    }
}

#[test]
fn smv_12_nor_do_two_in_a_row() {
    for second in (1..60).step_by(2) {
        let (connectors, is_online) = (1 + second as u8 / 2 % 2, second % 8 < 4);
        first_whole(|first| {
            println!("{connectors} connectors, online {is_online}, cut after {} and {second}", first * 13);
            Case { cuts: [first * 13, second], ..Case::new(connectors, is_online) }
        });
    }
}

#[test]
fn smv_12_a_device_that_fails_for_a_while_changes_nothing() {
    for count in [2, 18] {
        for (connectors, is_online) in [(1, false), (1, true), (2, false), (2, true)] {
            first_whole(|first| {
                println!("{connectors} connectors, online {is_online}, operations from {first} on fail, {count}");
                Case { faults: first..first + count, ..Case::new(connectors, is_online) }
            });
        }
    }
}

/// What is still owed to the journal is not overwritten by what the next customer's meter signs.
#[test]
fn smv_12_a_journal_that_takes_nothing_for_a_while_changes_nothing() {
    for (connectors, is_online) in [(1, false), (1, true), (2, false), (2, true)] {
        first_whole(|first| {
            println!("{connectors} connectors, online {is_online}, from operation {first} on");
            Case { refusals: first..first + 16, ..Case::new(connectors, is_online) }
        });
    }
}

#[test]
fn smv_12_damaged_pieces_damage_no_message_and_no_other_value() {
    for damaged in [registry::JOURNAL, registry::SIGNED_VALUES] {
        for (connectors, is_online) in [(1, false), (2, true)] {
            first_whole(|first| {
                println!("{connectors} connectors, online {is_online}, cut after {first}, damaged {damaged:x?}");
                let cuts = [first, NEVER];
                Case { cuts, damaged: damaged.clone(), ..Case::new(connectors, is_online) }
            });
        }
    }
}

#[test]
fn smv_12_the_value_of_a_start_that_never_was_is_told_for_no_other() {
    for steps in 1.. {
        begin_anew();
        let mut central = Central::default();
        let mut t = signing(1).start_offline();
        // The journal is not empty: the next boot goes on with the number that is next.
        for (at, step) in [(10, Plug(1)), (10, Card(1, "ZOE")), (12, CardAgain(1, "ZOE"))] {
            t.at(at);
            take(&mut t, step);
        }
        t.power.fails_after(steps);
        take(&mut t, Card(1, "ANNA"));
        if !t.power.is_off() {
            break;
        }
        t.power_cut();
        t.power_on();
        meter(1).gives_nothing.set(true);
        t.at(20);
        take(&mut t, Card(1, "BERT"));
        assert!(t.charger().permits_charge(1), "nobody can charge where the meter cannot sign");
        t.reboot();
        central.serve(&mut t, 200);
        let start = central.of("StartTransaction").position(|start| start["idTag"] == "BERT").expect("a start");
        let stop = central.of("StopTransaction").nth(start).expect("an end");
        let signed = told(&stop["transactionData"]);
        assert!(signed.is_empty(), "after {steps} steps BERT is told {signed:?}");
    }
}

/// SMV-11: whatever has ended the transaction.
#[test]
fn smv_11_the_end_by_a_reset_or_by_an_unlocked_cable_is_signed_too() {
    for (action, payload) in [("Reset", json!({"type": "Soft"})), ("UnlockConnector", json!({"connectorId": 1}))] {
        begin_anew();
        let mut central = Central::default();
        let mut t = signing(1).lock().start();
        for (at, step) in [(10, Plug(1)), (11, Card(1, "ANNA"))] {
            central.serve(&mut t, at);
            take(&mut t, step);
        }
        central.serve(&mut t, 20);
        t.send(&json!([2, "server", action, payload]).to_string());
        central.serve(&mut t, 40);
        let stop = central.of("StopTransaction").next().unwrap_or_else(|| panic!("{action} has ended nothing"));
        assert_eq!(told(&stop["transactionData"]).len(), 2, "{action}");
    }
}
