//! What a session has been given.

#[derive(Debug)]
pub(in crate::station) struct Energy {
    pub(in crate::station) start: i64,
    /// The highest that the energy register has stood at: it does not fall within a transaction (MV-17).
    pub(in crate::station) register: i64,
    /// It could be read when it was last asked for.
    pub(in crate::station) is_metered: bool,
    /// No energy: the central system does not accept the tag, and the transaction goes on nevertheless.
    pub(in crate::station) is_denied: bool,
    /// The register at which the energy ends that a tag which is not accepted is still given.
    pub(super) last: Option<i64>,
}

impl Energy {
    pub(super) const fn new() -> Self {
        Self { start: 0, register: 0, is_metered: false, is_denied: false, last: None }
    }

    /// What the register says, which does not fall; `false` when it could not be read.
    pub(in crate::station) fn take_reading(&mut self, energy: Option<i64>) -> bool {
        self.is_metered = energy.is_some();
        self.register = self.register.max(energy.unwrap_or(i64::MIN));
        self.is_metered
    }
}
