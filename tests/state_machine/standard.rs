//! The state machine of a connector, copied from OCPP 1.6 §4.9.

/// States 1 to 9, and A to I.
pub(crate) const STATES: [&str; 9] = [
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEV",
    "SuspendedEVSE",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
];

/// The transitions that are possible, B6 of errata 3.20 among them.
pub(crate) const LEGAL: &str = "
    A2 A3 A4 A5 A7 A8 A9
    B1 B3 B4 B5 B6 B9
    C1 C4 C5 C6 C8 C9
    D1 D3 D5 D6 D8 D9
    E1 E3 E4 E6 E8 E9
    F1 F2 F8 F9
    G1 G2 G8 G9
    H1 H2 H3 H4 H5 H9
    I1 I2 I3 I4 I5 I6 I7 I8";

pub(crate) const NOT_BEFORE_RESERVATIONS: &str = "A7 G1 G2 G8 G9 I7";

pub(crate) fn is_legal(transition: &str) -> bool {
    LEGAL.split_whitespace().any(|legal| legal == transition)
}

pub(crate) fn number_of(status: &str) -> usize {
    STATES.iter().position(|state| *state == status).unwrap_or_else(|| panic!("no state: {status}")) + 1
}

pub(crate) fn letter_of(status: &str) -> char {
    char::from(b'A' + number_of(status) as u8 - 1)
}
