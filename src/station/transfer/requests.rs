//! UpdateFirmware and GetDiagnostics: what is asked for, and the answer to it.

use super::Transfers;
use super::diagnostics::{self, FileName};
use super::direction::Direction;
use super::firmware;
use super::progress::Stage;
use super::request::TransferRequest;
use crate::json::{Field, Payload, Value};
use crate::rpc::{Composer, Reply};
use crate::station::answer::Cause;
use crate::station::common::Common;
use crate::store::{Scratch, StorageOp};

impl Transfers<'_> {
    /// Answers UpdateFirmware or GetDiagnostics when the record of the request is written.
    #[inline(never)]
    pub(crate) fn transfer_request(
        &mut self,
        common: &mut Common<'_>,
        direction: Direction,
        payload: Payload<'_>,
        answer: &mut Composer<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Reply, Cause> {
        let mut file_name = None;
        if self.transfer(direction).stage == Stage::Asked {
            let Some(result) = common.device_result() else { return Ok(Reply::Held) };
            self.request_stored(common, direction, result.is_ok());
            result.map_err(|_| Cause::DeviceFailed)?;
            if direction == Direction::Upload {
                file_name = Some(self.diagnostics.file_name);
            }
        } else {
            let mut values = [Value::Absent; 5];
            let fields: &[Field] = match direction {
                Direction::Download => {
                    self.firmware.may_update()?;
                    self.firmware.signed.may_update_unsigned()?;
                    &firmware::REQUEST_FIELDS
                }
                Direction::Upload if self.manages_firmware() => &diagnostics::REQUEST_FIELDS,
                _ => return Err(Cause::NotSupported),
            };
            payload.read_into(fields, &mut values)?;
            let record = scratch.blank();
            let len = TransferRequest::write(record, direction.key(), &values, None)?;
            if direction == Direction::Download || self.diagnostics.name_file(record.get(..len).unwrap_or_default()) {
                self.transfer(direction).begin();
                common.ask_device(StorageOp::Store(direction.key(), len));
                return Ok(Reply::Held);
            }
        }
        answer.payload(&FileName(file_name))?;
        Ok(Reply::Now)
    }
}
