//! BOOT and HB: boot, heartbeat and time (OCPP 1.6 §4.2, §4.6).

mod support;

use serde_json::json;
use support::{bench, date};

#[test]
fn boot_01_is_the_first_call_with_its_required_fields() {
    let mut t = bench().start();
    let call = t.expect_call("BootNotification", json!({}));
    assert_eq!(call.payload, json!({"chargePointModel": "Model", "chargePointVendor": "Vendor"}));
    call.answer(json!({"status": "Accepted", "currentTime": date(0), "interval": 300}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}
