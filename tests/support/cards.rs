//! Cards, and what the central system says about them.

use super::Timeline;
use super::date;
use embedded_ocpp::ocpp16::TxNotification;
use serde_json::{Value, json};

pub fn accepted() -> Value {
    tag_info("Accepted")
}

pub fn tag_info(status: &str) -> Value {
    json!({ "status": status })
}

pub fn until(seconds: u64) -> Value {
    json!({"status": "Accepted", "expiryDate": date(seconds)})
}

pub fn member_of(group: &str) -> Value {
    json!({"status": "Accepted", "parentIdTag": group})
}

pub fn text(switch: bool) -> &'static str {
    if switch { "true" } else { "false" }
}

/// The next frame asks about this tag, and is answered.
pub fn expect_authorize(t: &mut Timeline, id_tag: &str, info: Value) {
    t.expect_call("Authorize", json!({ "idTag": id_tag })).answer(json!({ "idTagInfo": info }));
}

pub fn answer_late(t: &mut Timeline, id: &str, info: Value) {
    t.answer(id, json!({ "idTagInfo": info }));
}

/// The card is shown, asked about, and taken back before an EV comes.
pub fn teach(t: &mut Timeline, id_tag: &str, info: Value) {
    t.card(1, id_tag);
    expect_authorize(t, id_tag, info);
    t.expect_status(1, "Preparing");
    let _ = t.card_again(1, id_tag);
    t.expect_status(1, "Available");
}

/// What the display tells about a card while the central system is out of reach and no EV is there: Authorized when the
/// cache holds it as valid, AuthorizationRejected when as not valid, AuthorizationTimeout when it does not know it.
pub fn word_offline(t: &mut Timeline, id_tag: &str) -> TxNotification {
    t.evse(1).take_notifications();
    t.card(1, id_tag);
    let told = t.evse(1).take_notifications();
    let _ = t.card_again(1, id_tag);
    assert_eq!(told.len(), 1, "{id_tag}: {told:?}");
    told[0]
}

/// The cable is taken after a transaction that is over.
pub fn leave(t: &mut Timeline) {
    t.unplug(1);
    t.expect_status(1, "Available");
}
