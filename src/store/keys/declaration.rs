//! What is said once about a key of OCPP: its type, range and factory value, and its name.

use super::NUMBERS;
use crate::log::format_as_debug;

/// One configuration key (OCPP 1.6 §9): a setting, and what it is called on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it is.
    pub setting: Setting,
}

/// All that is said of a key but its name.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The number of its record and, but for a list, of its place in RAM, fixed for ever: below 64, that of a list below 128.
    pub number: u8,
    /// Who may do what with it.
    pub access: Access,
    /// A new value takes effect at the next boot.
    pub reboot_required: bool,
    /// Its type, range and factory value.
    pub kind: Kind,
}

/// What the central system may do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Access {
    /// Read and change.
    ReadWrite,
    /// Read.
    ReadOnly,
    /// Change; the value never leaves the charge point.
    WriteOnly,
}

/// The type of a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Switch {
        /// The value that a new charge point has.
        factory: bool,
    },
    /// A whole number in a range.
    Integer {
        /// The value that a new charge point has.
        factory: i32,
        /// The least value.
        min: i32,
        /// The greatest value.
        max: i32,
    },
    /// A comma-separated list, kept in the form that its codec gives it.
    List {
        /// The value that a new charge point has.
        factory: &'static str,
        /// Its place among the lists.
        slot: u8,
        /// How its items are read and written.
        codec: &'static ListCodec,
    },
    /// Some of these names, as the charge point itself decides.
    Set(&'static [&'static str]),
    /// A text that never changes.
    Constant(&'static str),
}

/// How a list is kept in a few bytes.
#[derive(Debug)]
pub struct ListCodec {
    /// Encodes the items of a list into the buffer and returns the length; `None` when an item is not allowed or the
    /// list is too long.
    pub encode: fn(list: &str, buffer: &mut [u8]) -> Option<usize>,
    /// Writes the list back, piece by piece.
    pub decode: fn(bytes: &[u8], write: TextSink<'_>),
}

/// Takes a text piece by piece.
pub type TextSink<'w> = &'w mut dyn FnMut(&str);

/// A key whose value is a whole number.
#[derive(Clone, Copy, Debug)]
pub struct IntegerKey(Setting);

/// A key whose value is `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct SwitchKey(Setting);

/// A key whose value is a list.
#[derive(Clone, Copy, Debug)]
pub struct ListKey(Setting);

/// A key whose value is a list of names, of which the charge point itself decides which are in it; read-only.
#[derive(Clone, Copy, Debug)]
pub struct SetKey(Setting);

// The codecs are functions, which cannot be derived for.
format_as_debug!(Declaration, Setting, Kind, ListCodec, IntegerKey, SwitchKey, ListKey, SetKey);

impl SetKey {
    /// A key whose value is made of `names`, at most 31; none of them is in it at first.
    pub const fn new(number: u8, names: &'static [&'static str]) -> Self {
        assert!((number as usize) < NUMBERS && names.len() < 32, "no place for the key");
        let kind = Kind::Set(names);
        Self(Setting { number, access: Access::ReadOnly, reboot_required: false, kind })
    }

    #[inline(always)]
    pub(crate) const fn number(&self) -> u8 {
        self.0.number
    }

    /// The row of the table of keys.
    pub const fn named(self, name: &'static str) -> Declaration {
        self.0.named(name)
    }
}

impl IntegerKey {
    /// A key that the central system may set to `min` up to `max`.
    pub const fn new(number: u8, factory: i32, min: i32, max: i32) -> Self {
        assert!((number as usize) < NUMBERS, "no place for the key");
        let kind = Kind::Integer { factory, min, max };
        Self(Setting { number, access: Access::ReadWrite, reboot_required: false, kind })
    }

    /// The same key, but the central system may only read it.
    pub const fn read_only(mut self) -> Self {
        self.0.access = Access::ReadOnly;
        self
    }

    #[inline(always)]
    pub(crate) const fn number(&self) -> u8 {
        self.0.number
    }

    /// The row of the table of keys.
    pub const fn named(self, name: &'static str) -> Declaration {
        self.0.named(name)
    }
}

impl SwitchKey {
    /// The same key, but the central system may only read it.
    #[cfg(feature = "security")]
    pub const fn read_only(mut self) -> Self {
        self.0.access = Access::ReadOnly;
        self
    }

    /// A key that the central system may switch.
    pub const fn new(number: u8, factory: bool) -> Self {
        assert!((number as usize) < NUMBERS, "no place for the key");
        let kind = Kind::Switch { factory };
        Self(Setting { number, access: Access::ReadWrite, reboot_required: false, kind })
    }

    /// The row of the table of keys.
    pub const fn named(self, name: &'static str) -> Declaration {
        self.0.named(name)
    }

    #[inline(always)]
    pub(crate) const fn number(&self) -> u8 {
        self.0.number
    }
}

impl ListKey {
    /// A list that the central system may set.
    pub const fn new(number: u8, factory: &'static str, slot: u8, codec: &'static ListCodec) -> Self {
        let kind = Kind::List { factory, slot, codec };
        Self(Setting { number, access: Access::ReadWrite, reboot_required: false, kind })
    }

    /// The row of the table of keys.
    pub const fn named(self, name: &'static str) -> Declaration {
        self.0.named(name)
    }

    #[inline(always)]
    pub(crate) const fn slot(&self) -> u8 {
        match self.0.kind {
            Kind::List { slot, .. } => slot,
            _ => 0,
        }
    }
}

impl Setting {
    /// A text that never changes and can only be read.
    pub const fn constant(number: u8, text: &'static str) -> Self {
        Self { number, access: Access::ReadOnly, reboot_required: false, kind: Kind::Constant(text) }
    }

    /// The same key, but the central system may only write it: it is kept elsewhere.
    pub const fn write_only(mut self) -> Self {
        self.access = Access::WriteOnly;
        self
    }

    /// The row of the table of keys.
    pub const fn named(self, name: &'static str) -> Declaration {
        Declaration { name, setting: self }
    }
}
