//! Answers that are sound where it matters, and odd elsewhere. What decides is the status and the transactionId; what is
//! optional (OCPP 1.6 §6.2, §6.8, §6.46, §7.27) or only advised (§4.2: the time) and cannot be read is as if it were not
//! there. Dates are read in every form of ISO 8601 (§3.15).

use crate::calls::Answer;
use crate::central_system::CentralSystem;
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};

/// No date, or none of the time that the charge point lives in.
const NO_DATES: [&str; 6] = ["", "never", "1970-01-01T00:00:00Z", "2019-12-31T23:59:59Z", "2025-13-01T00:00:00Z", "0"];
/// Dates that no cache entry lives to see, and what can be taken for none.
const EXPIRIES: [&str; 7] =
    ["", "never", "2099-01-01T00:00Z", "20990101T000000Z", "2099-01-01T02:00:00+0200", "2098-12-31T24:00:00Z", "n/a"];

impl CentralSystem {
    pub(crate) fn odd_registration(&mut self, result: Value, answer: &mut Answer) -> Value {
        let mut result = self.odd_time(result, answer);
        match self.chance.below(5) {
            0 => drop(result.as_object_mut().unwrap().remove("interval")),
            1 => result["interval"] = json!(self.chance.of(&["300", "", "soon"])),
            2 => result["interval"] = json!(self.chance.of(&[-1, -300])),
            3 => result["vendor"] = json!({"name": [null, 1.5]}),
            _ => {}
        }
        result
    }

    /// The time in an odd form, or none. `answer` learns how it is to be understood.
    pub(crate) fn odd_time(&mut self, mut result: Value, answer: &mut Answer) -> Value {
        let told = i64::from(DateTime::parse(result["currentTime"].as_str().unwrap()).unwrap().as_unix());
        let at = |date: i64| DateTime::from_unix(date as u32).to_string();
        let plain = at(told);
        let [year, month, day, hour, minute, second] =
            [0..4, 5..7, 8..10, 11..13, 14..16, 17..19].map(|place| plain[place].to_owned());
        let ahead = at(told + 7200);
        let behind = at(told - 19_800);
        let odd = match self.chance.below(12) {
            0 => format!("{}+0200", &ahead[..19]),
            1 => format!("{}+02", &ahead[..19]),
            2 => format!("{}-05:30", &behind[..19]),
            3 => {
                answer.date = Some(told - told % 60);
                format!("{year}-{month}-{day}T{hour}:{minute}Z")
            }
            4 => format!("{year}-{month}-{day}T{hour}:{minute}:{second},25Z"),
            5 => format!("{year}{month}{day}T{hour}{minute}{second}Z"),
            6 => plain.clone(),
            7 => {
                answer.date = None;
                result.as_object_mut().unwrap().remove("currentTime");
                return result;
            }
            8 => {
                answer.date = None;
                result["currentTime"] = json!(told);
                return result;
            }
            _ => {
                answer.date = None;
                self.chance.of(&NO_DATES).to_owned()
            }
        };
        result["currentTime"] = odd.into();
        result
    }

    /// An idTagInfo that accepts.
    pub(crate) fn odd_acceptance(&mut self) -> Value {
        let mut info = json!({"status": "Accepted"});
        match self.chance.below(6) {
            0..3 => info["expiryDate"] = self.chance.of(&EXPIRIES).into(),
            3 => info["expiryDate"] = json!(4_070_908_800_u32),
            4 => info["parentIdTag"] = json!("more than twenty characters"),
            _ => info["parentIdTag"] = json!(7),
        }
        info
    }
}
