//! Whether a connector is in service (OCPP 1.6 §5.2).

use crate::station::Availability;

/// Whether a connector is in service, and whether it is to be.
#[derive(Clone, Copy, Debug)]
pub(in crate::station) struct Service {
    /// What the central system wants; durable before it is answered.
    pub(in crate::station) wanted: Availability,
    /// What holds now: a connector that is in use goes out of service when it is free.
    in_force: Availability,
    pub(in crate::station) unsaved: bool,
    /// An update of the firmware takes it out of service, whatever is wanted (FW-05).
    pub(in crate::station) is_closed: bool,
}

impl Service {
    pub(in crate::station) const fn new() -> Self {
        Self::of(Availability::Operative)
    }

    pub(in crate::station) const fn of(wanted: Availability) -> Self {
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
    pub(in crate::station) fn is_on(self) -> bool {
        self.in_force == Availability::Operative
    }

    /// Whether it may be used anew: in service, and to stay so.
    pub(in crate::station) fn is_open(self) -> bool {
        self.is_on() && !self.is_closing()
    }

    /// Whether it goes out of service as soon as it is free.
    pub(in crate::station) fn is_closing(self) -> bool {
        self.target() != self.in_force
    }

    /// A transaction of before the boot is not over yet: a change waits for its end, as it did.
    pub(in crate::station) fn reopen(&mut self) {
        self.in_force = Availability::Operative;
    }

    /// Lets the change come into force, if nobody is in the way.
    pub(in crate::station) fn apply(&mut self, is_busy: bool) {
        let target = self.target();
        if !is_busy || target == Availability::Operative {
            self.in_force = target;
        }
    }
}
