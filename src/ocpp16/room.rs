//! How much fits a request of OCPP 1.6, so that what is announced can be used: as many pieces as the receive buffer has room
//! for. Both are written as long as they may be; what is shorter may be more than was announced.

use super::configuration::{NAMES_MAX, VALUE_LEN_MAX};
use crate::station::room::Room;

#[inline(always)] // so that all are constants
pub(crate) const fn of_a_request(receive: usize) -> Room {
    Room {
        measurands: fitting(receive, CHANGE_OF_LIST, MEASURAND, of_a_value(MEASURAND)),
        rotations: fitting(receive, CHANGE_OF_LIST, ROTATION, of_a_value(ROTATION)),
        key_names: fitting(receive, GET_CONFIGURATION, KEY_NAME, NAMES_MAX),
        list_entries: fitting(receive, SEND_LOCAL_LIST, LIST_ENTRY, u16::MAX as usize),
        periods: fitting(receive, SET_CHARGING_PROFILE, PERIOD, u16::MAX as usize),
    }
}

const fn of_a_value(piece: &str) -> usize {
    VALUE_LEN_MAX as usize / piece.len()
}

const fn fitting(receive: usize, request: &str, piece: &str, most: usize) -> u16 {
    let fitting = receive.saturating_sub(request.len()) / piece.len();
    (if fitting < most { fitting } else { most }) as u16
}

const CHANGE_OF_LIST: &str =
    r#"[2,"00000000-0000-0000-0000-000000000000","ChangeConfiguration",{"key":"ConnectorPhaseRotation","value":""}]"#;
const MEASURAND: &str = "Energy.Reactive.Export.Register.L1-L2,";
const ROTATION: &str = "63.NotApplicable,";

const GET_CONFIGURATION: &str = r#"[2,"00000000-0000-0000-0000-000000000000","GetConfiguration",{"key":[]}]"#;
const KEY_NAME: &str = r#""12345678901234567890123456789012345678901234567890","#;

const SEND_LOCAL_LIST: &str = concat!(
    r#"[2,"00000000-0000-0000-0000-000000000000","SendLocalList","#,
    r#"{"listVersion":2147483647,"updateType":"Differential","localAuthorizationList":[]}]"#
);
const LIST_ENTRY: &str = concat!(
    r#"{"idTag":"12345678901234567890","idTagInfo":{"expiryDate":"2025-12-31T23:59:59.999+00:00","#,
    r#""parentIdTag":"12345678901234567890","status":"ConcurrentTx"}},"#
);

const SET_CHARGING_PROFILE: &str = concat!(
    r#"[2,"00000000-0000-0000-0000-000000000000","SetChargingProfile",{"connectorId":63,"csChargingProfiles":"#,
    r#"{"chargingProfileId":2147483647,"transactionId":2147483647,"stackLevel":8,"chargingProfilePurpose":"#,
    r#""ChargePointMaxProfile","chargingProfileKind":"Recurring","recurrencyKind":"Weekly","validFrom":"#,
    r#""2025-12-31T23:59:59.999+00:00","validTo":"2025-12-31T23:59:59.999+00:00","chargingSchedule":{"#,
    r#""duration":2147483647,"startSchedule":"2025-12-31T23:59:59.999+00:00","chargingRateUnit":"W","#,
    r#""minChargingRate":99999.9,"chargingSchedulePeriod":[]}}}]"#
);
const PERIOD: &str = r#"{"startPeriod":2678400,"limit":99999.9,"numberPhases":3},"#;
