//! Any bytes as a message: what is proven of it is JSON for others too, and what is handed out lies in the message.
#![no_main]

use embedded_ocpp::json::{CiString, Frame, JsonStr, Malformed, Payload, Problem, from_payload, scan};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json_core::str::EscapedStr;

#[derive(Deserialize)]
#[allow(dead_code)] // read, but looked at by nobody
struct Members<'a> {
    #[serde(borrow)]
    text: Option<EscapedStr<'a>>,
    integer: Option<i32>,
    list: Option<[u8; 2]>,
    switch: Option<bool>,
}

fuzz_target!(|message: &[u8]| {
    // Takes any number and half a surrogate pair, as the scanner does; but what it ignores need not be UTF-8.
    let is_json = std::str::from_utf8(message).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    match scan(message) {
        Ok(Frame::Unknown) => {}
        Ok(frame) => {
            let proof = check(message, frame);
            // RPC-17: one that is no JSON gets no answer.
            assert!(proof != Ok(()) || is_json, "{frame:?}");
            assert!(proof != Err(Problem::Syntax) || !is_json, "{frame:?}");
        }
        Err(Malformed { head, problem }) => {
            assert!(!(is_json && head.is_some() && problem == Problem::Syntax), "{head:?}");
            if let Some((_, id)) = head {
                check_text(message, id);
            }
        }
    }
});

/// Whether its payload, if it has one, is proven.
fn check(message: &[u8], frame: Frame<'_>) -> Result<(), Problem> {
    match frame {
        Frame::Call { id, action, payload } => {
            check_text(message, id);
            check_text(message, action);
            check_payload(message, payload)
        }
        Frame::CallResult { id, payload } => {
            check_text(message, id);
            check_payload(message, payload)
        }
        Frame::CallError { id, code, description } => {
            for text in [id, code, description] {
                check_text(message, text);
            }
            Ok(())
        }
        Frame::Unknown => Ok(()),
    }
}

fn check_payload(message: &[u8], payload: Payload<'_>) -> Result<(), Problem> {
    let _ = from_payload::<Members<'_>>(payload);
    let object = payload.text()?;
    assert!(object == "{}" || lies_in(message, object));
    assert!(object.starts_with('{') && object.ends_with('}'));
    Ok(())
}

fn check_text(message: &[u8], text: JsonStr<'_>) {
    assert!(text.escaped().is_empty() || lies_in(message, text.escaped()));
    let unescaped: String = text.chars().collect();
    // Half a surrogate pair is no text for `serde_json`.
    if let Ok(expected) = serde_json::from_str::<String>(&format!("\"{}\"", text.escaped())) {
        assert_eq!(unescaped, expected);
    }
    assert!(text.is(&unescaped) && text.is_ignoring_case(&unescaped));
    assert_eq!(text.copy_to(&mut [0; 64]).ok(), (unescaped.len() <= 64).then_some(&*unescaped));
    assert_eq!(CiString::<20>::try_from(text).is_ok(), unescaped.len() <= 20);
}

fn lies_in(message: &[u8], text: &str) -> bool {
    let (message, text) = (message.as_ptr_range(), text.as_bytes().as_ptr_range());
    message.start <= text.start && text.end <= message.end
}
