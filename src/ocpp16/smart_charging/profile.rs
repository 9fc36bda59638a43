/// A place for one charging profile.
#[derive(Clone, Copy, Debug)]
pub struct ProfileSlot {}

impl ProfileSlot {
    pub(crate) const FREE: Self = Self {};
}

/// One period of a charging schedule.
#[derive(Clone, Copy, Debug)]
pub struct ChargingPeriod {
    /// Seconds after the begin of the schedule.
    start: u32,
    /// Tenths of the unit in the upper bits, the number of phases in the lowest two: 0 when it was left out.
    limit_and_phases: u32,
}

impl ChargingPeriod {
    pub(crate) const NONE: Self = Self { start: 0, limit_and_phases: 0 };
}
