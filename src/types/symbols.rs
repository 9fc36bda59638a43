use crate::bytes::same;
use crate::json::JsonStr;

/// An enumeration with a text for each value, as one table.
macro_rules! spelled {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        $vis enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            const SPELLINGS: &'static $crate::types::Spellings = &$crate::types::Spellings {
                text: concat!($("\"", $text, "\""),+).as_bytes(),
                ends: &$crate::types::ends([$($text.len() + "\"\"".len()),+]),
            };
        }
    };
}

/// An enumeration of OCPP with its spelling on the wire, as one table instead of a visitor for each. Where it has words of
/// later versions as well: how many of them OCPP 1.6 has, and what it says instead of the others.
macro_rules! symbols {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $crate::types::symbols! {
            @words $(#[$meta])* $name { $($(#[$variant_meta])* $variant = $text,)+ }
        }

        impl $crate::types::Symbol for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const SPELLINGS: &'static $crate::types::Spellings = Self::SPELLINGS;

            fn code(self) -> u8 {
                self as u8
            }
        }
    };
    (
        $(#[$meta:meta])* $name:ident, $count:literal in 1.6, else $other:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $crate::types::symbols! {
            @words $(#[$meta])* $name { $($(#[$variant_meta])* $variant = $text,)+ }
        }

        impl $crate::types::Symbol for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            // Copied, so that a firmware which never asks for the other words does not hold them.
            const SPELLINGS: &'static $crate::types::Spellings = {
                const LEN: usize = $name::SPELLINGS.ends[$count - 1] as usize;
                &$crate::types::Spellings {
                    text: &$crate::types::first::<u8, LEN>($name::SPELLINGS.text),
                    ends: &$crate::types::first::<u16, $count>($name::SPELLINGS.ends),
                }
            };

            fn code(self) -> u8 {
                self as u8
            }

            fn wire_code(self) -> u8 {
                if self.code() < $count { self.code() } else { Self::$other.code() }
            }
        }
    };
    (@words $(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $crate::types::spelled! {
            $(#[$meta])* pub $name { $($(#[$variant_meta])* $variant = $text,)+ }
        }

        impl $name {
            /// The spelling of the standard.
            pub fn as_str(self) -> &'static str {
                Self::SPELLINGS.spelling(self as u8)
            }

            /// The value with this spelling; case matters.
            pub fn from_text(text: &str) -> Option<Self> {
                Self::SPELLINGS.position(text.as_bytes()).and_then($crate::types::Symbol::from_code)
            }
        }

        impl crate::json::Json for $name {
            fn write(&self, writer: &mut crate::json::Writer<'_>) {
                writer.raw($crate::types::Symbol::quoted(*self));
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// An enumeration of OCPP as a table.
pub(crate) trait Symbol: Copy + 'static {
    const ALL: &'static [Self];
    const SPELLINGS: &'static Spellings;

    /// The number of the value in a record.
    fn code(self) -> u8;

    /// The number of what OCPP 1.6 says for it.
    #[inline(always)]
    fn wire_code(self) -> u8 {
        self.code()
    }

    /// The value with this number in a record.
    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The value with this spelling; no spelling of OCPP needs an escape.
    fn from_json(text: JsonStr<'_>) -> Option<Self> {
        Self::spelled(text.as_bytes())
    }

    fn spelled(text: &[u8]) -> Option<Self> {
        Self::SPELLINGS.position(text).and_then(Self::from_code)
    }

    /// The spelling on the wire as a JSON string.
    fn quoted(self) -> &'static [u8] {
        Self::SPELLINGS.quoted(self.wire_code())
    }
}

/// The spellings of an enumeration, as JSON strings one behind the other: a table of slices would take four
/// times as many bytes as one of ends.
pub(crate) struct Spellings {
    pub(crate) text: &'static [u8],
    /// Where each ends.
    pub(crate) ends: &'static [u16],
}

impl Spellings {
    #[inline(never)]
    pub(crate) fn quoted(&self, code: u8) -> &'static [u8] {
        let end_of = |code: u8| self.ends.get(usize::from(code)).map_or(0, |end| usize::from(*end));
        self.text.get(end_of(code.wrapping_sub(1))..end_of(code)).unwrap_or_default()
    }

    #[inline(never)]
    pub(crate) fn spelling(&self, code: u8) -> &'static str {
        core::str::from_utf8(unquoted(self.quoted(code))).unwrap_or_default()
    }

    #[inline(never)]
    pub(crate) fn position(&self, text: &[u8]) -> Option<u8> {
        let mut start = 0;
        for (code, end) in (0..).zip(self.ends) {
            let end = usize::from(*end);
            if end - start == text.len() + "\"\"".len()
                && self.text.get(start + 1..end - 1).is_some_and(|spelling| same(spelling, text))
            {
                return Some(code);
            }
            start = end;
        }
        None
    }
}

/// The ends of texts of these lengths.
pub(crate) const fn ends<const N: usize>(lengths: [usize; N]) -> [u16; N] {
    let mut ends = [0; N];
    let mut end = 0;
    let mut n = 0;
    while n < N {
        end += lengths[n] as u16;
        ends[n] = end;
        n += 1;
    }
    ends
}

/// The first `N` of these.
pub(crate) const fn first<T: Copy, const N: usize>(all: &[T]) -> [T; N] {
    *all.first_chunk().expect("there are as many")
}

/// The text inside the quotes.
#[inline(never)]
pub(crate) fn unquoted(quoted: &[u8]) -> &[u8] {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}

pub(crate) use {spelled, symbols};
