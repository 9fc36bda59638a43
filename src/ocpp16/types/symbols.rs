use crate::json::JsonStr;

/// An enumeration of OCPP with its spelling on the wire, as one table instead of a visitor for each.
macro_rules! symbols {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// The spelling on the wire.
            pub fn as_str(self) -> &'static str {
                $crate::ocpp16::types::unquoted($crate::ocpp16::types::Symbol::quoted(self))
            }

            /// The value with this spelling; case matters.
            pub fn from_text(text: &str) -> Option<Self> {
                $crate::ocpp16::types::Symbol::spelled(text)
            }
        }

        impl $crate::ocpp16::types::Symbol for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const QUOTED: &'static [&'static str] = &[$(concat!("\"", $text, "\"")),+];

            fn code(self) -> u8 {
                self as u8
            }
        }

        impl crate::json::Json for $name {
            fn write(&self, writer: &mut crate::json::Writer<'_>) {
                writer.raw($crate::ocpp16::types::Symbol::quoted(*self).as_bytes());
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
pub(in crate::ocpp16) trait Symbol: Copy + 'static {
    const ALL: &'static [Self];
    /// The spellings on the wire as JSON strings.
    const QUOTED: &'static [&'static str];

    /// The number of the value in a record.
    fn code(self) -> u8;

    /// The value with this number in a record.
    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The value with this spelling; no spelling of OCPP needs an escape.
    fn from_json(text: JsonStr<'_>) -> Option<Self> {
        Self::spelled(text.escaped())
    }

    fn spelled(text: &str) -> Option<Self> {
        position(Self::QUOTED, text).and_then(Self::from_code)
    }

    /// The spelling on the wire as a JSON string.
    fn quoted(self) -> &'static str {
        Self::QUOTED.get(usize::from(self.code())).copied().unwrap_or_default()
    }
}

/// The text inside the quotes.
pub(in crate::ocpp16) fn unquoted(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}

fn position(symbols: &[&str], text: &str) -> Option<u8> {
    symbols.iter().position(|quoted| unquoted(quoted) == text).map(|position| position as u8)
}

pub(in crate::ocpp16) use symbols;
