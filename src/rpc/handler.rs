use super::{CallComposer, CallError, Composer};
use crate::json::{BufferFull, JsonStr, Payload};
use crate::time::Instant;

/// What an application offers to an RPC layer: answers, and calls of its own.
///
/// [`Rpc`](super::Rpc) drives it; so can any other RPC layer that keeps the same order.
pub trait Handler {
    /// Names a call between [`next_call`](Self::next_call) and [`conclude`](Self::conclude).
    type Call: Copy;

    /// Answers a call of the other side by writing the payload of the result.
    ///
    /// The payload has been looked at by nobody before: whoever reads it to its end proves it. A call that is refused is
    /// looked at again, and if it is no JSON nothing is answered (OCPP-J 1.6 §4.2.3).
    ///
    /// An answer that was [suspended](Composer::suspend) is asked for again with the same call and the next
    /// page; an error is possible on page 0 only. What the call asks for and what would show on the wire, such
    /// as a triggered message, must be sent through [`next_call`](Self::next_call), thus after the answer.
    ///
    /// # Errors
    /// What the other side did wrong; it is sent as CALLERROR.
    fn handle_call(&mut self, now: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError>;

    /// Writes the payload of the answer that was [put off](Reply::Later), when it is known by now; `false` while it is not.
    fn late_answer(&mut self, now: Instant, answer: &mut Composer<'_>) -> bool {
        let _ = (now, answer);
        false
    }

    // Calls that are longer than the receive buffer

    /// A call of this action begins that does not fit the receive buffer. Returns the name of its longest member, a text,
    /// which is then [taken in pieces](Self::take_long) in place of being read. Unless it is dropped, the call itself
    /// follows when it is whole, with an empty text for that member: only then it is proven to be JSON.
    ///
    /// By default there is no such member, and the call is [too long](Self::too_long).
    fn begin_long(&mut self, action: JsonStr<'_>) -> Option<&'static str> {
        let _ = action;
        None
    }

    /// The next piece of that text, without its escapes. What is not ASCII has lost its meaning where it was escaped.
    fn take_long(&mut self, piece: &[u8]) {
        let _ = piece;
    }

    /// What was taken is void: the call does not come, or was refused before anybody looked at what was taken.
    fn drop_long(&mut self) {}

    /// Writes the payload of the answer to a call of which only the beginning fits the receive buffer; `false` where a
    /// CALLERROR is to say so.
    ///
    /// # Errors
    /// [`BufferFull`], which makes it a CALLERROR as well.
    fn too_long(&mut self, action: JsonStr<'_>, answer: &mut Composer<'_>) -> Result<bool, BufferFull> {
        let _ = (action, answer);
        Ok(false)
    }

    /// Whether calls of the other side are to be left unanswered, wrong ones too: a charge point that was rejected keeps
    /// silent (OCPP 1.6 §4.2).
    fn is_silent(&self) -> bool {
        false
    }

    /// Yields the next call of our own, the most urgent first. Asked whenever the link is up and no call is in
    /// flight.
    ///
    /// `None` means there is nothing to send now; whatever was written is dropped then.
    fn next_call(&mut self, now: Instant, call: &mut CallComposer<'_>) -> Option<Self::Call>;

    /// Writes the next page of a call that was [suspended](Composer::suspend). It may have to be fetched first: then nothing is
    /// written, and the same page is asked for again.
    fn continue_call(&mut self, now: Instant, name: Self::Call, call: &mut Composer<'_>) {
        let _ = (now, name, call);
    }

    /// Learns how a call of our own ended. Comes exactly once for each call.
    fn conclude(&mut self, now: Instant, name: Self::Call, outcome: Outcome<'_>);
}

/// A call of the other side.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Call<'a> {
    /// What is asked for; compare with [`JsonStr::is`].
    pub action: JsonStr<'a>,
    /// What it is asked with; [read it](Payload) to its end before anything is done.
    pub payload: Payload<'a>,
}

/// What becomes of a call of the other side that was no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reply {
    /// The payload is written; send it.
    Now,
    /// The answer is not known yet: [`Handler::late_answer`] is asked for it. Other calls are answered meanwhile. Only one
    /// answer can be put off at a time; a second one is refused with a CALLERROR.
    Later,
    /// The answer wants something first that takes time, such as a record on the device: the same call is handed over again,
    /// each time that [`Rpc::transmit`](super::Rpc::transmit) is asked, and nothing else goes in or out before.
    Held,
    /// Say nothing.
    Never,
}

/// How a call of our own ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// CALLRESULT with this payload, which has been proven.
    Result(Payload<'a>),
    /// CALLERROR, or an answer that is no OCPP-J message.
    Error {
        /// The error code as the other side spelled it.
        code: JsonStr<'a>,
        /// Its explanation, often empty.
        description: JsonStr<'a>,
    },
    /// No answer within the timeout.
    TimedOut {
        /// Other messages arrived meanwhile: the other side lives, but does not get along with this call.
        peer_alive: bool,
    },
    /// The connection was lost before an answer came.
    LinkLost,
}
