//! A meter that signs what it measures, as the firmware hands it over.

use crate::station::metering::ENERGY;
use crate::station::{MeterReading, ReadingContext};
use core::task::Poll;

/// A meter that signs what it measures, such as one after German calibration law (OCA application note "Signed Meter
/// Values" 1.0). A connector hands it out in [`ConnectorHardware::signed_meter`](crate::station::ConnectorHardware).
///
/// It is asked for a value by [`sign`](Self::sign), and for its bytes by [`read`](Self::read), piece by piece, until it has
/// given all of them. Each piece is on the storage device before the next is asked for, so neither side must hold a whole
/// value in RAM; [`stored`](Self::stored) tells that no power cut can take it any more.
///
/// - A transaction does not start before the value of its beginning is stored, as if the start gate were closed. A meter that
///   lets people charge though it cannot sign gives no bytes.
/// - The end waits for its value at most 60 s; then it is told without, and the firmware hears of it by
///   [`TxNotification::SignedValueMissing`](crate::station::TxNotification::SignedValueMissing).
/// - What a power cut has interrupted asks for the value of its end after the boot.
///
/// Which values are signed the configuration keys tell, SampledDataSignReadings and those that go with it: none, unless they
/// are switched on.
///
/// ```
/// use core::cell::Cell;
/// use core::task::Poll;
/// use embedded_ocpp::ocpp16::{PrintedKey, SignedMeter, SigningFailed, SigningMoment};
///
/// struct Meter {
///     wanted: Cell<Option<SigningMoment>>, // for the driver, which asks the meter
///     signed: Cell<Option<&'static [u8]>>, // what that has answered: OCMF|{...}|{...}
/// }
///
/// impl SignedMeter for Meter {
///     fn encoding_method(&self) -> &str {
///         "OCMF"
///     }
///
///     fn public_key(&self) -> Option<PrintedKey<'_>> {
///         Some(PrintedKey::Base16("3056301006072a8648ce3d020106052b8104000a034200"))
///     }
///
///     fn sign(&self, moment: SigningMoment) {
///         self.signed.set(None);
///         self.wanted.set(Some(moment));
///     }
///
///     fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
///         let Some(signed) = self.signed.get() else { return Poll::Pending };
///         let rest = signed.get(offset..).unwrap_or_default();
///         let len = rest.len().min(buffer.len());
///         buffer[..len].copy_from_slice(&rest[..len]);
///         Poll::Ready(Ok(len))
///     }
/// }
/// ```
pub trait SignedMeter {
    /// How the signed data is encoded, such as `OCMF` or `EDL`: at most 50 characters of ASCII, without quotes and
    /// backslashes.
    fn encoding_method(&self) -> &str;

    /// Have the value of this moment signed. What was asked for before and has not been read to its end is not wanted any
    /// more.
    fn sign(&self, moment: SigningMoment);

    /// Puts the bytes of the value from `offset` on into `buffer`: as many as that takes, fewer only at the end of the value.
    /// `Pending` while they are not there yet: it is asked again. `offset` only grows, and it is read behind the end once when
    /// that lies at the end of a buffer.
    ///
    /// # Errors
    /// [`SigningFailed`]: the value is asked for once more.
    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>>;

    /// The last value is durable: the meter may forget it. That of an end or of a sample is when the message is that tells it.
    fn stored(&self) {}

    /// How the data is signed, such as `ECDSA-secp256r1-SHA256`: as [`encoding_method`](Self::encoding_method). Empty where
    /// the data tells that itself.
    fn signing_method(&self) -> &str {
        ""
    }

    /// The public key as it is printed on the meter, for the key `MeterPublicKey` of this connector and for the values.
    fn public_key(&self) -> Option<PrintedKey<'_>> {
        None
    }

    /// What [`read`](Self::read) gives.
    fn form(&self) -> SignedForm {
        SignedForm::Bytes
    }

    /// What is measured: the energy register in Wh unless told otherwise.
    fn reading(&self) -> MeterReading {
        ENERGY
    }

    /// Whether it signs in the course of a transaction as well, and not only at the beginning and at the end. Where no meter
    /// does, SampledDataSignUpdatedReadings and AlignedDataSignUpdatedReadings are read-only.
    fn signs_samples(&self) -> bool {
        false
    }

    /// Whether the value of the end holds that of the beginning too. StopTransaction tells that one alone then.
    fn ends_with_both(&self) -> bool {
        false
    }

    /// The longest value in bytes, for which room is kept in the journal; of at most 3360 bytes.
    fn value_len_max(&self) -> usize {
        2500
    }
}

/// What a value is to be signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SigningMoment {
    /// A transaction is about to begin.
    Begin,
    /// A periodic sample of the running transaction is due.
    Sample,
    /// A moment of the clock has come.
    Aligned,
    /// The transaction has ended.
    End,
}

/// What a [`SignedMeter`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SignedForm {
    /// The data itself. It goes out in Base64.
    Bytes,
    /// Base64, which goes out as it is. A value with any other character is taken for one that has failed.
    Base64,
}

/// A public key as it is printed on a meter: a structure of ASN.1 that names the algorithm too, at most 359 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PrintedKey<'k> {
    /// In hexadecimal digits.
    Base16(&'k str),
    /// In Base64.
    Base64(&'k str),
}

/// The meter could not sign, or its value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the meter could not sign")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SigningFailed;

impl SigningMoment {
    pub(crate) fn context(self) -> ReadingContext {
        match self {
            Self::Begin => ReadingContext::TransactionBegin,
            Self::Sample => ReadingContext::SamplePeriodic,
            Self::Aligned => ReadingContext::SampleClock,
            Self::End => ReadingContext::TransactionEnd,
        }
    }
}

impl<'k> PrintedKey<'k> {
    /// What stands before the key in its field, and the key (note §3.2.2).
    pub(super) fn parts(self) -> [&'k str; 2] {
        match self {
            Self::Base16(printed) => ["oca:base16:asn1:", printed],
            Self::Base64(printed) => ["oca:base64:asn1:", printed],
        }
    }
}
