/// The deepest nesting of a payload that is accepted. OCPP 1.6 needs six levels.
pub const DEPTH_MAX: u32 = 32;

/// Why a message was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Problem {
    /// Not JSON, which is UTF-8, or the text ends early.
    Syntax,
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// JSON, but not a message of OCPP-J.
    Structure,
}
