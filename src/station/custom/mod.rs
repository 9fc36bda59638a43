//! What the firmware adds: calls of its own, handlers in place of ours, and observers of what is asked and answered.

mod concluded;

use super::{DataTransferHandler, IdTagInfo, IdToken, InputError};
use crate::json::{BufferFull, Json, JsonStr, Payload, append};
use crate::rpc::{Call, CallError, Composer, Outcome, Reply};
use heapless::VecView;

/// Answers an action of the central system in place of the crate, or one that the crate does not know.
///
/// `handle` writes the payload of the answer, or says what is wrong with the call; see
/// [`Handler::handle_call`](crate::rpc::Handler::handle_call). A replaced operation has no effect of its own any more.
#[derive(Clone, Copy)]
pub struct RequestHandler<'a> {
    /// The action, as it is spelled on the wire.
    pub action: &'a str,
    /// Writes the payload of the answer.
    pub handle: &'a OnCall<'a>,
}

/// What a [`RequestHandler`] does. [`Reply::Later`] is answered with a CALLERROR: it is for the crate's own operations.
pub type OnCall<'a> = dyn Fn(&Call<'_>, &mut Composer<'_>) -> Result<Reply, CallError> + 'a;

/// Something of the firmware that belongs to an action.
pub(crate) struct Hook<'a> {
    action: &'a str,
    role: HookRole<'a>,
}

#[derive(Clone, Copy)]
enum HookRole<'a> {
    Handler(&'a OnCall<'a>),
    RequestObserver(&'a dyn Fn(&str)),
    AnswerObserver(&'a dyn Fn(&str)),
}

/// The call of the firmware that waits for its turn or its answer.
pub(super) struct CustomCall<'a> {
    payload: &'a mut [u8],
    len: usize,
    action: &'static str,
    on_outcome: OnOutcome<'a>,
    state: CustomState,
}

/// Who is told how it ended.
#[derive(Clone, Copy)]
enum OnOutcome<'a> {
    Nobody,
    Asked(&'a dyn Fn(Outcome<'_>)),
    Authorize(&'a OnAuthorize<'a>),
}

/// Told what the central system thinks of a tag, or why that is not known.
pub type OnAuthorize<'a> = dyn Fn(Result<&IdTagInfo, AuthorizeError>) + 'a;

/// Why nothing is known about a tag that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AuthorizeError {
    /// The central system refused the call, or its answer has no status. Asking again brings the same.
    #[error("refused by the central system")]
    Refused,
    /// No answer in time, or the link was lost. Ask again when it is up.
    #[error("not answered")]
    Unanswered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CustomState {
    Free,
    Waiting,
    InFlight,
}

/// Why a call of the firmware was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// The last one has not been answered yet; try later.
    #[error("the last request has not been answered yet")]
    Busy,
    /// The payload is longer than 512 bytes, or the name of the action than 50.
    #[error("payload longer than the buffer for it")]
    TooLong,
    /// The tag is empty or longer than 20 characters.
    #[error("id tag empty or longer than 20 characters")]
    InvalidIdTag,
}

/// The longest name of an action.
const ACTION_LEN_MAX: usize = 50;

/// What the firmware has added.
pub(crate) struct Custom<'a> {
    call: CustomCall<'a>,
    hooks: &'a mut VecView<Hook<'a>>,
    pub(crate) data_transfer: &'a mut VecView<DataTransferHandler<'a>>,
}

impl<'a> Custom<'a> {
    pub(super) fn new(
        payload: &'a mut [u8],
        hooks: &'a mut VecView<Hook<'a>>,
        data_transfer: &'a mut VecView<DataTransferHandler<'a>>,
    ) -> Self {
        Self { call: CustomCall::new(payload), hooks, data_transfer }
    }
}

impl<'a> CustomCall<'a> {
    pub(super) fn new(payload: &'a mut [u8]) -> Self {
        Self { payload, len: 0, action: "", on_outcome: OnOutcome::Nobody, state: CustomState::Free }
    }

    /// The call is over. `info` is what the answer says about a tag.
    fn end(&mut self, outcome: Outcome<'_>, info: Option<&IdTagInfo>) {
        self.state = CustomState::Free;
        match (core::mem::replace(&mut self.on_outcome, OnOutcome::Nobody), outcome) {
            (OnOutcome::Nobody, _) => {}
            (OnOutcome::Asked(tell), _) => tell(outcome),
            (OnOutcome::Authorize(tell), Outcome::Result(_) | Outcome::Error { .. }) => {
                tell(info.ok_or(AuthorizeError::Refused));
            }
            (OnOutcome::Authorize(tell), _) => tell(Err(AuthorizeError::Unanswered)),
        }
    }
}

impl<'a> Custom<'a> {
    pub(crate) fn set_request_handler(&mut self, handler: RequestHandler<'a>) -> Result<(), InputError> {
        self.hook(handler.action, HookRole::Handler(handler.handle))
    }

    pub(crate) fn observe_request(&mut self, action: &'a str, observer: &'a dyn Fn(&str)) -> Result<(), InputError> {
        self.hook(action, HookRole::RequestObserver(observer))
    }

    pub(crate) fn observe_answer(&mut self, action: &'a str, observer: &'a dyn Fn(&str)) -> Result<(), InputError> {
        self.hook(action, HookRole::AnswerObserver(observer))
    }

    fn hook(&mut self, action: &'a str, role: HookRole<'a>) -> Result<(), InputError> {
        self.hooks.push(Hook { action, role }).map_err(|_| InputError::TableFull)
    }

    pub(crate) fn add_data_transfer_handler(&mut self, handler: DataTransferHandler<'a>) -> Result<(), InputError> {
        self.data_transfer.push(handler).map_err(|_| InputError::TableFull)
    }

    /// The firmware's handler for an action; the one that was set last.
    pub(crate) fn request_handler(&self, action: &[u8]) -> Option<&'a OnCall<'a>> {
        let mut handler = None;
        for hook in self.hooks.iter() {
            if let HookRole::Handler(handle) = hook.role
                && hook.action.as_bytes() == action
            {
                handler = Some(handle);
            }
        }
        handler
    }

    /// Shows the observers of an action what was asked and what was answered, each when it is known.
    pub(crate) fn show(&self, action: &[u8], request: Option<Payload<'_>>, answer: Option<&[u8]>) {
        let answer = answer.and_then(|answer| core::str::from_utf8(answer).ok());
        for hook in self.hooks.iter().filter(|hook| hook.action.as_bytes() == action) {
            let (observe, text) = match hook.role {
                HookRole::Handler(_) => continue,
                HookRole::RequestObserver(observe) => (observe, request.and_then(|request| request.text().ok())),
                HookRole::AnswerObserver(observe) => (observe, answer),
            };
            if let Some(text) = text {
                observe(text);
            }
        }
    }

    /// Sends a call of the firmware's own when its turn comes, after everything that OCPP itself has to say.
    ///
    /// `on_outcome` is told how it ended, exactly once. The call waits for the link and for acceptance, but once it is sent
    /// it ends with the link. It does not outlive a reboot.
    ///
    /// # Errors
    /// [`RequestError`]; nothing is sent then.
    pub(crate) fn send_request(
        &mut self,
        action: &'static str,
        payload: &dyn Json,
        on_outcome: Option<&'a dyn Fn(Outcome<'_>)>,
    ) -> Result<(), RequestError> {
        if self.call.state != CustomState::Free {
            return Err(RequestError::Busy);
        }
        if action.len() > ACTION_LEN_MAX {
            return Err(RequestError::TooLong);
        }
        self.call.len = append(self.call.payload, 0, payload).map_err(|BufferFull| RequestError::TooLong)?;
        self.call.action = action;
        self.call.on_outcome = on_outcome.map_or(OnOutcome::Nobody, OnOutcome::Asked);
        self.call.state = CustomState::Waiting;
        Ok(())
    }

    /// Asks about a tag in the same way, which begins nothing.
    pub(crate) fn ask_about(
        &mut self,
        action: &'static str,
        id_tag: &str,
        payload: &dyn Json,
        on_outcome: &'a OnAuthorize<'a>,
    ) -> Result<(), RequestError> {
        if id_tag.is_empty() || IdToken::from_text(id_tag).is_err() {
            return Err(RequestError::InvalidIdTag);
        }
        self.send_request(action, payload, None)?;
        self.call.on_outcome = OnOutcome::Authorize(on_outcome);
        Ok(())
    }

    /// The action and the payload of the call that waits for its turn.
    pub(crate) fn waiting(&self) -> Option<(&'static str, &[u8])> {
        (self.call.state == CustomState::Waiting).then(|| self.asked())
    }

    /// The action and the payload of the last call.
    pub(crate) fn asked(&self) -> (&'static str, &[u8]) {
        (self.call.action, self.call.payload.get(..self.call.len).unwrap_or_default())
    }

    /// It was its turn; it is sent if it has found room.
    pub(crate) fn written(&mut self, is_written: bool) {
        if is_written {
            self.call.state = CustomState::InFlight;
        } else {
            self.call.end(TOO_LONG, None);
        }
    }
}

/// A send buffer that is too small for the call will be too small for ever.
const TOO_LONG: Outcome<'static> = Outcome::Error {
    code: JsonStr::from_escaped("InternalError"),
    description: JsonStr::from_escaped("longer than the send buffer"),
};
