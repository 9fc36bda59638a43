//! Which samples of a full journal can be done without: every second of each transaction, but for the first and the last.

/// What an entry of the journal is when room is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Role {
    /// It stays.
    Stays,
    /// One of a series of samples of a transaction.
    Sample {
        /// Whose transaction, below 64.
        connector: u8,
        /// Samples of different kinds are thinned each for themselves; below 2.
        kind: u8,
    },
    /// It stays, and ends all series of this connector.
    End {
        /// Whose transaction, below 64.
        connector: u8,
    },
}

/// A walk over the journal from its first entry to its last.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Thinning {
    /// By kind, one bit a connector: its series has begun.
    begun: [u64; 2],
    /// The last sample of it was spare.
    odd: [u64; 2],
}

/// A series of which a sample is spare unless it is the last.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Series {
    connector: u8,
    kind: u8,
}

impl Thinning {
    /// A walk that begins.
    pub const fn new() -> Self {
        Self { begun: [0; 2], odd: [0; 2] }
    }

    /// Passes the next entry. It is spare when a series is returned that goes on behind it.
    pub fn spare(&mut self, role: Role) -> Option<Series> {
        match role {
            Role::Stays => None,
            Role::End { connector } => {
                self.begun.iter_mut().for_each(|begun| *begun &= !bit(connector));
                None
            }
            Role::Sample { connector, kind } => {
                let (begun, odd) = (self.begun.get_mut(usize::from(kind))?, self.odd.get_mut(usize::from(kind))?);
                let is_first = *begun & bit(connector) == 0;
                *begun |= bit(connector);
                *odd = if is_first { *odd & !bit(connector) } else { *odd ^ bit(connector) };
                (*odd & bit(connector) != 0).then_some(Series { connector, kind })
            }
        }
    }
}

impl Default for Thinning {
    fn default() -> Self {
        Self::new()
    }
}

impl Series {
    /// Whether an entry behind shows that the series goes on, or that it does not; `None` when it tells nothing.
    pub fn goes_on(self, later: Role) -> Option<bool> {
        match later {
            Role::Sample { connector, kind } if (connector, kind) == (self.connector, self.kind) => Some(true),
            Role::End { connector } if connector == self.connector => Some(false),
            _ => None,
        }
    }
}

fn bit(connector: u8) -> u64 {
    1 << (connector & 63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn stays(entries: &[Role]) -> Vec<usize> {
        let mut thinning = Thinning::new();
        let mut stays = Vec::new();
        for (index, role) in entries.iter().enumerate() {
            let series = thinning.spare(*role);
            let goes_on = |series: Series| entries[index + 1..].iter().find_map(|later| series.goes_on(*later));
            if series.and_then(goes_on) != Some(true) {
                stays.push(index);
            }
        }
        stays
    }

    #[test]
    fn msg_02_first_and_last_stay_and_every_second_between() {
        let (sample, end) = (Role::Sample { connector: 1, kind: 0 }, Role::End { connector: 1 });
        let entries = [&[Role::Stays][..], &[sample; 6], &[end, Role::Stays], &[sample; 2], &[end]].concat();
        assert_eq!(stays(&entries), [0, 1, 3, 5, 6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn msg_02_each_connector_and_each_kind_keeps_its_own() {
        let sample = |connector, kind| Role::Sample { connector, kind };
        let mixed = [sample(1, 0), sample(1, 1), sample(2, 0)].repeat(3);
        assert_eq!(stays(&mixed), [0, 1, 2, 6, 7, 8]);
    }
}
