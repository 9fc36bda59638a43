//! Which files go over the network, and in which direction.

use crate::store::{RecordKey, registry};
use crate::types::{DiagnosticsStatus, FirmwareStatus, Symbol};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Of a firmware.
    Download,
    /// Of diagnostics.
    Upload,
    /// Of a log (security whitepaper).
    #[cfg(feature = "security")]
    Log,
}

impl Direction {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Download,
        Self::Upload,
        #[cfg(feature = "security")]
        Self::Log,
    ];

    pub(super) fn key(self) -> RecordKey {
        match self {
            Self::Download => registry::FIRMWARE_UPDATE,
            Self::Upload => registry::DIAGNOSTICS,
            #[cfg(feature = "security")]
            Self::Log => registry::LOG_UPLOAD,
        }
    }

    /// The statuses of a try: begun, done, failed.
    pub(super) fn statuses(self) -> [u8; 3] {
        use DiagnosticsStatus::{UploadFailed, Uploaded, Uploading};
        use FirmwareStatus::{DownloadFailed, Downloaded, Downloading};
        match self {
            Self::Download => [Downloading.code(), Downloaded.code(), DownloadFailed.code()],
            Self::Upload => [Uploading.code(), Uploaded.code(), UploadFailed.code()],
            #[cfg(feature = "security")]
            Self::Log => {
                use crate::types::LogStatus::{UploadFailure, Uploaded, Uploading};
                [Uploading.code(), Uploaded.code(), UploadFailure.code()]
            }
        }
    }
}
