/// An enumeration of OCPP with its spelling on the wire, as one table instead of a visitor for each.
macro_rules! symbols {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const QUOTED: &'static [&'static str] = &[$(concat!("\"", $text, "\"")),+];

            /// The spelling on the wire.
            pub fn as_str(self) -> &'static str {
                crate::ocpp16::types::unquoted(self.quoted())
            }

            /// The value with this spelling; case matters.
            pub fn from_text(text: &str) -> Option<Self> {
                crate::ocpp16::types::position(Self::QUOTED, text).and_then(Self::from_code)
            }

            #[allow(dead_code)]
            pub(crate) fn from_json(text: crate::json::JsonStr<'_>) -> Option<Self> {
                Self::from_text(text.escaped())
            }

            /// The value with this number in a record.
            #[allow(dead_code)]
            pub(crate) fn from_code(code: u8) -> Option<Self> {
                Self::ALL.get(usize::from(code)).copied()
            }

            /// The number of the value in a record.
            #[allow(dead_code)]
            pub(crate) const fn code(self) -> u8 {
                self as u8
            }

            /// The spelling on the wire as a JSON string.
            #[allow(dead_code)]
            pub(crate) fn quoted(self) -> &'static str {
                Self::QUOTED.get(usize::from(self as u8)).copied().unwrap_or_default()
            }
        }

        impl crate::json::Json for $name {
            fn write(&self, writer: &mut crate::json::Writer<'_>) {
                writer.raw(self.quoted().as_bytes());
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// The text inside the quotes.
pub(in crate::ocpp16) fn unquoted(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}

/// The number of the symbol with this spelling.
pub(in crate::ocpp16) fn position(symbols: &[&str], text: &str) -> Option<u8> {
    symbols.iter().position(|quoted| unquoted(quoted) == text).map(|position| position as u8)
}

pub(in crate::ocpp16) use symbols;
