use serde::Deserialize;

/// Reads a payload into a type of the firmware's own, by `serde-json-core`.
///
/// `payload` must have come through the scanner, as every payload that a handler or an outcome gets has: its depth is
/// bounded then. Texts with escapes want the type `serde_json_core::str::EscapedStr`; a plain `&str` keeps them escaped.
/// Floats cost 17 KB of flash.
///
/// `None` when the payload is not of this type.
pub fn from_payload<'a, T: Deserialize<'a>>(payload: &'a str) -> Option<T> {
    serde_json_core::from_str(payload).ok().map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::from_payload;
    use serde::Deserialize;
    use serde_json_core::str::EscapedStr;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Vendor<'a> {
        level: i32,
        #[serde(borrow)]
        note: Option<EscapedStr<'a>>,
    }

    #[test]
    fn a_type_of_the_firmware() {
        let read = from_payload::<Vendor<'_>>(r#"{"more":[1,{"x":"\ud83d"}],"level":7,"note":"a\nb"}"#);
        assert_eq!(read, Some(Vendor { level: 7, note: Some(EscapedStr(r"a\nb")) }));
        assert_eq!(from_payload::<Vendor<'_>>(r#"{"level":"7"}"#), None);
    }
}
