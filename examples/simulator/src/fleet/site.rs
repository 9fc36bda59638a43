//! The place of one charger: all that outlives the charge point.

use super::flash::Flash;
use super::ledger::Ledger;
use super::outlet::Outlet;
use super::power::Power;
use super::tally::Look;
use fastrand::Rng;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Of each charger of the fleet.
pub(crate) const CONNECTORS: usize = 2;

pub(crate) struct Site {
    pub(crate) number: u32,
    pub(crate) identity: String,
    pub(crate) power: Rc<Power>,
    pub(crate) flash: Flash,
    pub(crate) outlets: [Outlet; CONNECTORS],
    pub(crate) ledger: RefCell<Ledger>,
    pub(crate) look: Cell<Look>,
    /// Messages that the central system has not taken.
    pub(crate) waiting: Cell<u32>,
    /// Of the charge point; it goes on where the one before has stopped.
    random: RefCell<Rng>,
}

impl Site {
    pub(crate) fn new(number: u32, random: &mut Rng) -> Self {
        let power = Rc::new(Power::default());
        Self {
            number,
            identity: format!("FLEET{number:05}"),
            flash: Flash::erased(Rc::clone(&power)),
            power,
            outlets: std::array::from_fn(|_| Outlet::new(random.u32(0..1_000_000))),
            ledger: RefCell::default(),
            look: Cell::default(),
            waiting: Cell::new(0),
            random: RefCell::new(random.fork()),
        }
    }

    pub(crate) fn draw(&self) -> u32 {
        self.random.borrow_mut().u32(..)
    }
}
