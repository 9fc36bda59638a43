//! What the firmware adds to the charge point: keys, handlers, observers and questions of its own.

use crate::support::leak;
use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{AuthorizeError, IdTagInfo, RequestHandler};
use embedded_ocpp::rpc::{Call, CallError, CallErrorCode, Composer, Reply};
use embedded_ocpp::store::{Value, VendorKey};
use std::cell::Cell;

#[derive(Default)]
pub(crate) struct Firmware {
    /// Tags that it has asked about itself since the boot, and outcomes that it was told.
    pub(crate) questions: Cell<u32>,
    pub(crate) outcomes: Cell<u32>,
    /// Answers to UnlockConnector that it was shown.
    pub(crate) unlock_answers: Cell<u32>,
    pub(crate) unlock_requests: Cell<u32>,
}

impl Firmware {
    pub(crate) fn extend(&'static self, charger: &mut ChargePoint<'static>, actions: &[&'static str]) {
        self.questions.set(0);
        self.outcomes.set(0);
        let keys = [
            VendorKey::switch(1, "Acme_Light", false),
            VendorKey::integer(2, "Acme_Volume", 3, 0, 11).reboot_required(),
            VendorKey::text(3, "Acme_Greeting", "Hi", Box::leak(Box::new([0; 40])))
                .validated_by(&|text| !text.is("Go")),
            VendorKey::switch(4, "Acme_Sealed", true).read_only(),
        ];
        for key in keys {
            charger.declare_configuration(Box::leak(Box::new(key))).unwrap();
        }
        for action in actions {
            charger.set_request_handler(RequestHandler { action, handle: &sing }).unwrap();
        }
        let requests = leak(|_: &str| self.unlock_requests.set(self.unlock_requests.get() + 1));
        charger.set_on_receive_request("UnlockConnector", requests).unwrap();
        let answers = leak(|_: &str| self.unlock_answers.set(self.unlock_answers.get() + 1));
        charger.set_on_send_conf("UnlockConnector", answers).unwrap();
    }

    /// Asks the central system about a tag.
    pub(crate) fn ask(&'static self, charger: &mut ChargePoint<'static>, id_tag: &str) -> bool {
        let outcome = leak(|_: Result<&IdTagInfo, AuthorizeError>| self.outcomes.set(self.outcomes.get() + 1));
        let is_asked = charger.authorize(id_tag, outcome).is_ok();
        self.questions.set(self.questions.get() + u32::from(is_asked));
        is_asked
    }
}

fn sing(call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
    if call.payload.text().unwrap().len() > 2 {
        return Err(CallErrorCode::SecurityError.into());
    }
    answer.raw(b"{\"song\":\"la\"}")?;
    Ok(Reply::Now)
}

/// The value of a key, as it would be told.
pub(crate) fn value_of(charger: &ChargePoint<'static>, key: &str) -> String {
    let mut text = String::new();
    match charger.configuration().value(key) {
        Some(value) => value.write(&mut |piece| text.push_str(piece)),
        None => text.push('?'),
    }
    text
}

pub(crate) fn is_on(charger: &ChargePoint<'static>, key: &str) -> bool {
    matches!(charger.configuration().value(key), Some(Value::Switch(true)))
}

pub(crate) fn number_of(charger: &ChargePoint<'static>, key: &str) -> i64 {
    match charger.configuration().value(key) {
        Some(Value::Integer(value)) => value.into(),
        _ => panic!("no such number: {key}"),
    }
}
