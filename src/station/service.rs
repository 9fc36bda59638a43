//! Whether a connector is in service (OCPP 1.6 §5.2).

use super::Availability;

/// Whether a connector is in service, and whether it is to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    /// What the central system wants; durable before it is answered.
    pub(super) wanted: Availability,
    /// What holds now: a connector that is in use goes out of service when it is free.
    in_force: Availability,
    pub(super) unsaved: bool,
    /// An update of the firmware takes it out of service, whatever is wanted (FW-05).
    pub(super) is_closed: bool,
}

impl Service {
    pub(super) const fn new() -> Self {
        Self::of(Availability::Operative)
    }

    pub(super) const fn of(wanted: Availability) -> Self {
        Self { wanted, in_force: wanted, unsaved: false, is_closed: false }
    }

    /// What comes into force when nobody is in the way.
    fn target(self) -> Availability {
        if self.is_closed {
            return Availability::Inoperative;
        }
        self.wanted
    }

    /// Whether it is in service, be it for the last time.
    pub(super) fn is_on(self) -> bool {
        self.in_force == Availability::Operative
    }

    /// Whether it may be used anew: in service, and to stay so.
    pub(super) fn is_open(self) -> bool {
        self.is_on() && !self.is_closing()
    }

    /// Whether it goes out of service as soon as it is free.
    pub(super) fn is_closing(self) -> bool {
        self.target() != self.in_force
    }

    /// A transaction of before the boot is not over yet: a change waits for its end, as it did.
    pub(super) fn reopen(&mut self) {
        self.in_force = Availability::Operative;
    }

    /// Lets the change come into force, if nobody is in the way.
    pub(super) fn apply(&mut self, is_busy: bool) {
        let target = self.target();
        if !is_busy || target == Availability::Operative {
            self.in_force = target;
        }
    }
}
