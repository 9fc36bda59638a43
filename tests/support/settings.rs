use embedded_ocpp::Controls;

/// The value of a key as the firmware reads it.
pub fn own_value(charger: &Controls<'_>, key: &str) -> String {
    let mut text = String::new();
    charger.configuration().value(key).unwrap().write(&mut |piece| text.push_str(piece));
    text
}
