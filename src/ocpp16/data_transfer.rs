//! DataTransfer in both directions (OCPP 1.6 §4.3, §5.6), and any other call that the firmware wants to make.

use super::Operations;
use super::types::Symbol;
use crate::json::{BufferFull, Field, Json, JsonStr, Kind, Strictness, Writer, append, name, read};
use crate::rpc::{CallComposer, CallError, Composer, Outcome};

/// Handles the DataTransfer requests of one vendor.
#[derive(Clone, Copy)]
pub struct DataTransferHandler<'a> {
    /// The vendor, matched without regard to case.
    pub vendor_id: &'a str,
    /// Does what is asked for and says how it went.
    pub handle: &'a dyn Fn(&DataTransfer<'_>) -> DataTransferReply<'a>,
}

/// DataTransfer.req of the central system (OCPP 1.6 §6.15).
#[derive(Clone, Copy, Debug)]
pub struct DataTransfer<'m> {
    /// The vendor's name for the message.
    pub message_id: Option<JsonStr<'m>>,
    /// The vendor's data, still escaped.
    pub data: Option<JsonStr<'m>>,
}

/// What is answered to DataTransfer.req.
#[derive(Clone, Copy, Debug)]
pub struct DataTransferReply<'a> {
    /// How it went.
    pub status: DataTransferStatus,
    /// The vendor's data.
    pub data: Option<&'a str>,
}

super::types::symbols! {
    /// How a DataTransfer went (OCPP 1.6 §7.21).
    DataTransferStatus {
        /// Understood and done.
        Accepted = "Accepted",
        /// Understood but refused.
        Rejected = "Rejected",
        /// The message id is not known.
        UnknownMessageId = "UnknownMessageId",
        /// The vendor is not known.
        UnknownVendorId = "UnknownVendorId",
    }
}

impl Json for DataTransferReply<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).raw(self.status.quoted());
        if let Some(data) = self.data {
            members.name(name!("data")).text(data);
        }
        members.close();
    }
}

/// The call of the firmware that waits for its turn or its answer.
pub(super) struct CustomCall<'a> {
    payload: &'a mut [u8],
    len: usize,
    action: &'static str,
    on_outcome: Option<&'a dyn Fn(Outcome<'_>)>,
    state: CustomState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CustomState {
    Free,
    Waiting,
    InFlight,
}

/// Why a call of the firmware was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// The last one has not been answered yet; try later.
    Busy,
    /// The payload is longer than 512 bytes, or the name of the action than 50.
    TooLong,
}

impl core::fmt::Display for RequestError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Busy => "the last request has not been answered yet",
            Self::TooLong => "payload longer than the buffer for it",
        })
    }
}

impl core::error::Error for RequestError {}

/// The longest name of an action.
const ACTION_LEN_MAX: usize = 50;

impl<'a> CustomCall<'a> {
    pub(super) fn new(payload: &'a mut [u8]) -> Self {
        Self { payload, len: 0, action: "", on_outcome: None, state: CustomState::Free }
    }
}

impl<'a> Operations<'a> {
    pub(super) fn data_transfer_request(&mut self, payload: &str, answer: &mut Composer<'_>) -> Result<(), CallError> {
        const FIELDS: [Field; 3] = [
            Field::required("vendorId", Kind::Text(255)),
            Field::optional("messageId", Kind::Text(50)),
            Field::optional("data", Kind::Text(u16::MAX)),
        ];
        let [vendor, message_id, data] = read(payload, &FIELDS, Strictness::NoOthers)?;
        let vendor = vendor.text().ok_or(CallError::property("vendorId"))?;
        let handler = self.data_transfer.iter().find(|handler| vendor.is_ignoring_case(handler.vendor_id));
        let reply = match handler {
            Some(handler) => (handler.handle)(&DataTransfer { message_id: message_id.text(), data: data.text() }),
            None => DataTransferReply { status: DataTransferStatus::UnknownVendorId, data: None },
        };
        Ok(answer.payload(&reply)?)
    }

    /// Sends a call of the firmware's own when its turn comes, after everything that OCPP itself has to say.
    ///
    /// `on_outcome` is told how it ended, exactly once. The call waits for the link, but once it is sent it ends with it.
    /// It does not outlive a reboot.
    ///
    /// # Errors
    /// [`RequestError`]; nothing is sent then.
    pub(crate) fn send_request(
        &mut self,
        action: &'static str,
        payload: &dyn Json,
        on_outcome: Option<&'a dyn Fn(Outcome<'_>)>,
    ) -> Result<(), RequestError> {
        if self.custom.state != CustomState::Free {
            return Err(RequestError::Busy);
        }
        if action.len() > ACTION_LEN_MAX {
            return Err(RequestError::TooLong);
        }
        self.custom.len = append(self.custom.payload, 0, payload).map_err(|BufferFull| RequestError::TooLong)?;
        self.custom.action = action;
        self.custom.on_outcome = on_outcome;
        self.custom.state = CustomState::Waiting;
        self.dirty = true;
        Ok(())
    }

    pub(super) fn custom_call(&mut self, call: &mut CallComposer<'_>) -> bool {
        if self.custom.state != CustomState::Waiting {
            return false;
        }
        let payload = self.custom.payload.get(..self.custom.len).unwrap_or_default();
        let written = call.begin(self.custom.action).and_then(|composer| composer.raw(payload));
        self.custom.state = if written.is_ok() { CustomState::InFlight } else { CustomState::Free };
        written.is_ok()
    }

    pub(super) fn conclude_custom_call(&mut self, outcome: Outcome<'_>) {
        self.custom.state = CustomState::Free;
        if let Some(on_outcome) = self.custom.on_outcome.take() {
            on_outcome(outcome);
        }
    }
}
