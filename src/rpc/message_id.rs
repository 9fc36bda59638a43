use core::fmt;

/// The message id of a call of ours: unique as long as no two boots share an `epoch` (OCPP-J errata 3.1).
///
/// On the wire it is 17 characters of hexadecimal digits, `0000002a-00000001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MessageId {
    /// Differs from boot to boot, or names the journal that the message is kept in.
    pub epoch: u32,
    /// Counts within the epoch.
    pub number: u32,
}

impl MessageId {
    /// The length of the written form.
    pub const TEXT_LEN: usize = 17;

    /// The written form.
    pub fn to_text(self) -> [u8; Self::TEXT_LEN] {
        let mut text = [b'-'; Self::TEXT_LEN];
        let (epoch, number) = text.split_at_mut(8);
        write_hex(self.epoch, epoch);
        write_hex(self.number, number);
        text
    }
}

/// Writes eight digits at the end of `place`.
fn write_hex(mut number: u32, place: &mut [u8]) {
    for digit in place.iter_mut().rev().take(8) {
        *digit = b"0123456789abcdef".get(number as usize & 0xf).copied().unwrap_or_default();
        number >>= 4;
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.to_text()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::MessageId;
    use std::string::ToString;

    #[test]
    fn rpc_07_at_most_36_characters() {
        let id = MessageId { epoch: 0xdead_beef, number: 0x12a };
        assert_eq!(id.to_string(), "deadbeef-0000012a");
    }
}
