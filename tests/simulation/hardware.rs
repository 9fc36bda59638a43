//! What is screwed to the wall. It outlives every boot of the firmware.

use crate::chance::Chance;
use crate::flash::ChipCut;
use crate::loader::Loader;
use crate::time::{HOUR, Moment, SECOND};
use embedded_ocpp::ocpp16::{ResetKind, TxNotification};
use std::cell::{Cell, RefCell};

pub(crate) const SOCKETS: usize = 2;

pub(crate) struct Hardware {
    pub(crate) sockets: [Socket; SOCKETS],
    pub(crate) has_power: Cell<bool>,
    /// When the power goes in the middle of an operation of the flash.
    pub(crate) chip_cut: Cell<Option<ChipCut>>,
    /// What the firmware was told since it was last looked at.
    pub(crate) told: RefCell<Vec<(u8, TxNotification)>>,
    pub(crate) discarded: RefCell<Vec<String>>,
    pub(crate) reset_wanted: Cell<Option<ResetKind>>,
    pub(crate) loader: Loader,
    random: RefCell<Chance>,
    #[cfg(feature = "signed-meter-values")]
    pub(crate) heard: crate::signing::Heard,
}

#[derive(Default)]
pub(crate) struct Socket {
    pub(crate) is_plugged: Cell<bool>,
    /// The relay, as the charge point wants it.
    pub(crate) is_on: Cell<bool>,
    /// What the EV takes, in W.
    pub(crate) power: Cell<u64>,
    /// W·ms
    energy: Cell<u64>,
    /// When its meter could not be read last, from and to.
    dark: Cell<(Moment, Moment)>,
    now: Cell<Moment>,
    #[cfg(feature = "signed-meter-values")]
    pub(crate) meter: crate::signing::Meter,
}

/// So long the end of a transaction waits for a register that cannot be read, which is looked at each second.
pub(crate) const REGISTER_WAIT: Moment = 30 * SECOND;

/// How the end of a transaction waits for its register (TX-28).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wait {
    #[default]
    No,
    UntilRead,
    InVain,
    /// The register cannot be read yet, and there was time.
    TooShort,
    /// The same, but a reset or UnlockConnector has put an end to a wait that had begun, so the end keeps its own reason.
    CutShort,
}

impl Hardware {
    pub(crate) fn new(mut chance: Chance) -> Self {
        Self {
            sockets: std::array::from_fn(|_| Socket::new()),
            has_power: Cell::new(true),
            chip_cut: Cell::new(None),
            told: RefCell::default(),
            discarded: RefCell::default(),
            reset_wanted: Cell::new(None),
            loader: Loader::new(chance.part()),
            random: RefCell::new(chance),
            #[cfg(feature = "signed-meter-values")]
            heard: crate::signing::Heard::default(),
        }
    }

    pub(crate) fn random(&self) -> u32 {
        self.random.borrow_mut().next() as u32
    }

    pub(crate) fn socket(&self, connector: u8) -> &Socket {
        &self.sockets[usize::from(connector) - 1]
    }

    pub(crate) fn pass(&self, span: Moment) {
        for socket in &self.sockets {
            socket.now.set(socket.now.get() + span);
        }
        for socket in self.sockets.iter().filter(|socket| socket.is_on.get() && socket.is_plugged.get()) {
            socket.energy.set(socket.energy.get() + socket.power.get() * span);
        }
    }
}

impl Socket {
    fn new() -> Self {
        Self {
            is_plugged: Cell::new(false),
            is_on: Cell::new(false),
            power: Cell::new(0),
            energy: Cell::new(1_000_000 * HOUR),
            dark: Cell::new((0, 0)),
            now: Cell::new(0),
            #[cfg(feature = "signed-meter-values")]
            meter: crate::signing::Meter::default(),
        }
    }

    #[cfg(feature = "signed-meter-values")]
    pub(crate) fn now(&self) -> Moment {
        self.now.get()
    }

    /// The energy register in Wh.
    pub(crate) fn register(&self) -> i64 {
        (self.energy.get() / HOUR) as i64
    }

    /// What the firmware reads of it.
    pub(crate) fn reading(&self) -> Option<i64> {
        self.is_readable(self.now.get()).then(|| self.register())
    }

    pub(crate) fn is_readable(&self, at: Moment) -> bool {
        let (from, to) = self.dark.get();
        !(from..to).contains(&at)
    }

    pub(crate) fn be_dark(&self, lasts: Moment) {
        let now = self.now.get();
        let from = if self.is_readable(now) { now } else { self.dark.get().0 };
        self.dark.set((from, now + lasts));
    }

    pub(crate) fn be_readable(&self) {
        let (from, to) = self.dark.get();
        self.dark.set((from, to.min(self.now.get())));
    }

    /// How what is recorded now has waited for the register, if it has ended since then. `ended`: when it did, if it was seen
    /// to wait. `forced`: when nothing was to be waited for any more.
    pub(crate) fn wait_for_register(&self, since: Moment, ended: Option<Moment>, forced: Option<Moment>) -> Wait {
        let (now, (from, to)) = (self.now.get(), self.dark.get());
        let is_forced = forced >= Some(since);
        let lasted = |ended: Moment| ended + REGISTER_WAIT - SECOND;
        match ended {
            _ if from >= to || from > now || since > to + REGISTER_WAIT + SECOND => Wait::No,
            None if to > now => Wait::TooShort,
            Some(ended) if to > now && from <= ended && now < lasted(ended) => {
                if is_forced {
                    Wait::CutShort
                } else {
                    Wait::TooShort
                }
            }
            Some(ended) if to >= lasted(ended) => Wait::InVain,
            _ => Wait::UntilRead,
        }
    }

    pub(crate) fn begin_register_anew(&self) {
        self.energy.set(0);
    }
}
