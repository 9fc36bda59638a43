//! What files can be loaded over (OCPP 1.6 §8).

use crate::store::{Keys, SetKey};

/// What the firmware can load files over (OCPP 1.6 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FileTransferProtocol {
    /// FTP
    Ftp,
    /// FTP over TLS
    Ftps,
    /// HTTP
    Http,
    /// HTTP over TLS
    Https,
}

/// What the firmware can load from and to.
pub(crate) const SUPPORTED_FILE_TRANSFER_PROTOCOLS: SetKey = SetKey::new(46, &["FTP", "FTPS", "HTTP", "HTTPS"]);

pub(crate) fn set_file_transfer_protocols(keys: &mut Keys<'_>, protocols: &[FileTransferProtocol]) {
    for place in 0..4 {
        let is_in = protocols.iter().any(|protocol| *protocol as usize == place);
        keys.set_member(&SUPPORTED_FILE_TRANSFER_PROTOCOLS, place, is_in);
    }
}
