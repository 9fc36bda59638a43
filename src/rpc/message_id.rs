use core::fmt;

/// The message id of a call of ours: unique as long as no two boots share an `epoch` (OCPP-J errata 3.1).
///
/// On the wire it is hexadecimal digits, `3f00002a-1`, at most 17 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MessageId {
    /// Differs from boot to boot, or names the journal that the message is kept in.
    pub epoch: u32,
    /// Counts within the epoch.
    pub number: u32,
}

impl MessageId {
    /// The greatest length of the written form.
    pub const TEXT_LEN_MAX: usize = 17;

    /// Whether `text` is the written form.
    pub fn is_written(self, text: &[u8]) -> bool {
        let mut bytes = text.iter().copied().rev();
        ends_in_hex(self.number, &mut bytes)
            && bytes.next() == Some(b'-')
            && ends_in_hex(self.epoch, &mut bytes)
            && bytes.next().is_none()
    }

    /// The written form, at the end of `buffer`.
    pub fn to_text(self, buffer: &mut [u8; Self::TEXT_LEN_MAX]) -> &[u8] {
        let mut places = buffer.iter_mut().rev();
        write_hex(self.number, &mut places);
        places.by_ref().take(1).for_each(|place| *place = b'-');
        write_hex(self.epoch, &mut places);
        let unused = places.len();
        buffer.get(unused..).unwrap_or_default()
    }
}

/// Takes the digits of a number off the end.
fn ends_in_hex(mut number: u32, bytes: &mut impl Iterator<Item = u8>) -> bool {
    loop {
        if bytes.next() != Some(hex(number)) {
            return false;
        }
        number >>= 4;
        if number == 0 {
            return true;
        }
    }
}

/// The last digit.
fn hex(number: u32) -> u8 {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    DIGITS[number as usize & 0xf]
}

/// Writes the digits from the last to the first.
fn write_hex<'p>(mut number: u32, places: &mut impl Iterator<Item = &'p mut u8>) {
    for place in places {
        *place = hex(number);
        number >>= 4;
        if number == 0 {
            break;
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(self.to_text(&mut [0; Self::TEXT_LEN_MAX])).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::MessageId;
    use std::string::ToString;

    #[test]
    fn rpc_07_at_most_36_characters() {
        let id = MessageId { epoch: 0xdead_beef, number: 0x12a };
        assert_eq!(id.to_string(), "deadbeef-12a");
        assert_eq!(MessageId { epoch: 0, number: 0 }.to_string(), "0-0");
        for foreign in
            ["", "-", "12a", "deadbeef-", "-12a", "0deadbeef-12a", "deadbeef-012a", "DEADBEEF-12a", "deadbeef-12a "]
        {
            assert!(!id.is_written(foreign.as_bytes()), "{foreign}");
        }
        let longest = MessageId { epoch: u32::MAX, number: u32::MAX };
        assert_eq!(longest.to_string(), "ffffffff-ffffffff");
        for id in [id, longest, MessageId { epoch: 0, number: 0 }] {
            assert!(id.is_written(id.to_string().as_bytes()));
        }
    }
}
