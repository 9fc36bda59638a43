//! What the firmware adds: calls of its own, handlers in place of ours, and observers of what is asked and answered.

use super::{IdTagInfo, IdToken, InputError, Operations};
use crate::json::{BufferFull, Field, Json, Kind, Payload, append, read_answer};
use crate::rpc::{Call, CallComposer, CallError, Composer, Outcome, Reply};
use crate::time::Instant;

/// Answers an action of the central system in place of the crate, or one that the crate does not know.
///
/// `handle` writes the payload of the answer, or says what is wrong with the call; see
/// [`Handler::handle_call`](crate::rpc::Handler::handle_call). A replaced operation has no effect of its own any more.
#[derive(Clone, Copy)]
pub struct RequestHandler<'a> {
    /// The action, as it is spelled on the wire.
    pub action: &'a str,
    /// Writes the payload of the answer.
    pub handle: &'a Handle<'a>,
}

/// What a [`RequestHandler`] does. [`Reply::Later`] is answered with a CALLERROR: it is for the crate's own operations.
pub type Handle<'a> = dyn Fn(&Call<'_>, &mut Composer<'_>) -> Result<Reply, CallError> + 'a;

/// Something of the firmware that belongs to an action.
pub struct Hook<'a> {
    action: &'a str,
    role: Role<'a>,
}

#[derive(Clone, Copy)]
enum Role<'a> {
    Handler(&'a Handle<'a>),
    RequestObserver(&'a dyn Fn(&str)),
    AnswerObserver(&'a dyn Fn(&str)),
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

impl<'a> CustomCall<'a> {
    pub(super) fn new(payload: &'a mut [u8]) -> Self {
        Self { payload, len: 0, action: "", on_outcome: None, state: CustomState::Free }
    }

    /// The tag that the call asks about, if it is an Authorize.
    fn authorized_tag(&self) -> Option<IdToken> {
        const FIELDS: [Field; 1] = [Field::required("idTag", Kind::Text(20))];
        if self.action != "Authorize" {
            return None;
        }
        let [id_tag] = read_answer(Payload::at(self.payload.get(..self.len)?, 0), &FIELDS, &mut 0);
        IdToken::try_from(id_tag.text()?).ok()
    }
}

impl<'a> Operations<'a> {
    pub(crate) fn set_request_handler(&mut self, handler: RequestHandler<'a>) -> Result<(), InputError> {
        self.hook(handler.action, Role::Handler(handler.handle))
    }

    pub(crate) fn observe_request(&mut self, action: &'a str, observer: &'a dyn Fn(&str)) -> Result<(), InputError> {
        self.hook(action, Role::RequestObserver(observer))
    }

    pub(crate) fn observe_answer(&mut self, action: &'a str, observer: &'a dyn Fn(&str)) -> Result<(), InputError> {
        self.hook(action, Role::AnswerObserver(observer))
    }

    fn hook(&mut self, action: &'a str, role: Role<'a>) -> Result<(), InputError> {
        self.hooks.push(Hook { action, role }).map_err(|_| InputError::TableFull)
    }

    /// The firmware's handler for an action; the one that was set last.
    pub(super) fn request_handler(&self, action: &str) -> Option<&'a Handle<'a>> {
        let mut handler = None;
        for hook in self.hooks.iter() {
            if let Role::Handler(handle) = hook.role
                && hook.action == action
            {
                handler = Some(handle);
            }
        }
        handler
    }

    /// Shows the observers of an action what was asked and what was answered, each when it is known.
    pub(super) fn show(&self, action: &str, request: Option<Payload<'_>>, answer: Option<&[u8]>) {
        let answer = answer.and_then(|answer| core::str::from_utf8(answer).ok());
        for hook in self.hooks.iter().filter(|hook| hook.action == action) {
            let (observe, text) = match hook.role {
                Role::Handler(_) => continue,
                Role::RequestObserver(observe) => (observe, request.and_then(|request| request.text().ok())),
                Role::AnswerObserver(observe) => (observe, answer),
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

    pub(super) fn conclude_custom_call(&mut self, now: Instant, outcome: Outcome<'_>) {
        self.custom.state = CustomState::Free;
        if let (Some(id_tag), Outcome::Result(payload)) = (self.custom.authorized_tag(), outcome)
            && let Some(info) = IdTagInfo::in_answer(payload, &mut self.left_out)
        {
            self.learn(now, &id_tag, info);
        }
        if let Some(on_outcome) = self.custom.on_outcome.take() {
            on_outcome(outcome);
        }
    }
}
