//! What must have been told.

use crate::central::Central;
use crate::meter::meter;
use crate::support::signatures::{PUBLIC_KEY, Told, told};
use crate::support::{Timeline, date};
use embedded_ocpp::ocpp16::SigningMoment;
use embedded_ocpp::store::registry;
use std::collections::HashSet;

/// All messages have gone out, and every transaction that was told has one end.
pub(crate) fn messages_are_told(t: &mut Timeline, central: &Central) {
    assert_eq!(t.charger().waiting_messages(), 0);
    assert!(!t.flash.records.keys().any(|key| registry::JOURNAL.contains(key)), "left in the journal");
    for (start, id) in central.of("StartTransaction").zip(1..) {
        let stops = central.of("StopTransaction").filter(|stop| stop["transactionId"] == id);
        assert_eq!(stops.count(), 1, "{start}");
    }
    assert_eq!(central.of("StopTransaction").count(), central.of("StartTransaction").count());
}

/// The transaction of a customer, if there was one, is told what was signed for it, each value once, and all that was stored.
pub(crate) fn values_are_told(central: &Central, of: &str, has_clock: bool, may_miss_end: bool) {
    let Some((start, id)) = central.of("StartTransaction").zip(1..).find(|(start, _)| start["idTag"] == of) else {
        return assert_ne!(of, "NEXT", "could not charge");
    };
    let signatures = meter(start["connectorId"].as_u64().unwrap() as u8).signatures.borrow();
    let is_last = |told: &Told, context: &str, moment, public_key: &str| {
        let signature = signatures.of(of, moment).next_back().unwrap_or_else(|| panic!("no {moment:?} of {of}"));
        assert!(signature.is_stored, "not stored: {signature:?}, told is {told:?}");
        assert!(signature.is(told), "{of} has signed {signature:?}, told is {told:?}");
        assert!(!has_clock || signature.is_dated(told, date), "{signature:?} is dated {told:?}");
        assert_eq!((&*told.context, &*told.public_key), (context, public_key), "{told:?}");
    };
    let stop = central.of("StopTransaction").find(|stop| stop["transactionId"] == id).unwrap();
    let mut all = told(&stop["transactionData"]);
    match all.as_slice() {
        [begin, end] => {
            is_last(begin, "Transaction.Begin", SigningMoment::Begin, "");
            is_last(end, "Transaction.End", SigningMoment::End, PUBLIC_KEY);
        }
        [begin] if may_miss_end => is_last(begin, "Transaction.Begin", SigningMoment::Begin, ""),
        _ => panic!("{of} is told {all:?}\n{signatures:?}"),
    }
    for values in central.of("MeterValues").filter(|values| values["transactionId"] == id) {
        for told in told(&values["meterValue"]) {
            if told.context == "Transaction.Begin" {
                is_last(&told, "Transaction.Begin", SigningMoment::Begin, "");
                continue;
            }
            let signature = signatures.of(of, SigningMoment::Sample).find(|signature| signature.is(&told));
            let signature = signature.unwrap_or_else(|| panic!("{of} has no such sample: {told:?}\n{signatures:?}"));
            assert!(!has_clock || signature.is_dated(&told, date), "{signature:?} is dated {told:?}");
            all.push(told);
        }
    }
    let mut once = HashSet::new();
    assert!(all.iter().all(|told| once.insert(&told.data)), "{of} is told twice: {all:?}");
    for moment in [SigningMoment::Sample, SigningMoment::End] {
        for signature in signatures.of(of, moment).filter(|signature| signature.is_stored) {
            assert!(all.iter().any(|told| signature.is(told)), "lost, and was stored: {signature:?}");
        }
    }
}
