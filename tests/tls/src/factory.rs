//! What each charger is told in the factory, in the last megabyte of its flash. `.ci/tls` writes it with QEMU's loader.

use charger_tls::First;
use embedded_ocpp::time::DateTime;

const ADDRESS: usize = 0x0030_0000;
const LEN: usize = 0x0010_0000;

pub(crate) struct Factory {
    /// The name that the certificate of the server must have.
    pub(crate) host: &'static str,
    /// Whom it trusts, and what it has to prove who it is.
    pub(crate) first: First<'static>,
    /// The day of its making: it is later than this for certain.
    pub(crate) made: Option<DateTime>,
    /// What the clock with a battery says, if there is one.
    pub(crate) battery_clock: Option<DateTime>,
    /// SecurityProfile and AuthorizationKey.
    pub(crate) profile: &'static str,
    pub(crate) password: &'static str,
    /// Somebody comes and charges once; else it is there for the central system.
    pub(crate) has_customer: bool,
    /// The firmware that it will be told to install.
    pub(crate) update: &'static [u8],
}

impl Factory {
    /// `None` where it has not been written.
    pub(crate) fn read() -> Option<Self> {
        // SAFETY: flash of the board that the linker has nothing in and nobody writes while it runs
        let flash: &'static [u8] = unsafe { core::slice::from_raw_parts(ADDRESS as *const u8, LEN) };
        let mut fields = Fields(flash);
        Some(Self {
            host: fields.text()?,
            first: First {
                root: fields.next()?,
                own: match (fields.next()?, fields.next()?) {
                    ([], _) => None,
                    (chain, key) => Some((chain, key)),
                },
            },
            made: fields.date()?,
            battery_clock: fields.date()?,
            profile: fields.text()?,
            password: fields.text()?,
            has_customer: !fields.next()?.is_empty(),
            update: fields.next()?,
        })
    }
}

/// One after the other, each with its length before it: 16 bits, the lower byte first.
struct Fields(&'static [u8]);

impl Fields {
    fn next(&mut self) -> Option<&'static [u8]> {
        let (len, rest) = self.0.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into())?;
        self.0 = rest;
        Some(field)
    }

    fn text(&mut self) -> Option<&'static str> {
        core::str::from_utf8(self.next()?).ok()
    }

    /// Some `None` where it is left empty.
    fn date(&mut self) -> Option<Option<DateTime>> {
        match self.text()? {
            "" => Some(None),
            text => DateTime::parse(text).ok().map(Some),
        }
    }
}
