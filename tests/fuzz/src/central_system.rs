use crate::bench::RECEIVE;
use crate::frame;
use crate::link::Link;
use embedded_ocpp::json::{Frame, Malformed, MessageKind, Problem, scan};
use embedded_ocpp::transport::WebSocketTransport;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The other end: it checks each frame, and that each of its calls is answered once.
#[derive(Default)]
pub struct CentralSystem {
    /// The last call of the charge point, until it is answered.
    unanswered: Option<Call>,
    /// Every call that was heard.
    pub heard: Vec<Call>,
    /// The ids of our calls, escaped as they were sent, and how many answers are still owed to each.
    owed: BTreeMap<String, u32>,
    /// Our calls with the same, of which nobody can tell whether they are to be answered.
    tolerated: BTreeMap<String, u32>,
}

/// A call of the charge point.
#[derive(Clone)]
pub struct Call {
    pub id: String,
    pub action: String,
    pub payload: String,
}

impl CentralSystem {
    /// Sends a frame of any content. Whether an answer `is_certain` if the frame is a call tells the caller.
    pub fn send(&mut self, link: &mut Link, frame: Vec<u8>, is_certain: bool) {
        if let Some(id) = id_to_answer(&frame).filter(|_| link.is_connected()) {
            let answers = if is_certain { &mut self.owed } else { &mut self.tolerated };
            *answers.entry(id).or_default() += 1;
        }
        link.push(frame);
    }

    /// Sends a frame that is a call with this id as far as the charge point can see: there may be one answer, or none.
    pub fn send_tolerantly(&mut self, link: &mut Link, frame: Vec<u8>, id: &str) {
        *self.tolerated.entry(id.to_owned()).or_default() += 1;
        link.push(frame);
    }

    /// Takes all that the charge point has sent.
    pub fn hear(&mut self, link: &mut Link) {
        while let Some(text) = link.pop() {
            serde_json::from_str::<IgnoredAny>(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            match scan(text.as_bytes()) {
                Ok(Frame::Call { id, action, payload }) => {
                    // The clock may have been set to the first or last date there is: a frame that tells one is not looked at.
                    if !text.contains("\"1970-") && !text.contains("\"2106-") {
                        frame::Frame::read(&text);
                    }
                    let [id, action] = [id, action].map(|text| text.escaped().to_owned());
                    let call = Call { id, action, payload: payload.text().expect("an object").to_owned() };
                    self.heard.push(call.clone());
                    self.unanswered = Some(call);
                }
                Ok(Frame::CallResult { id, .. } | Frame::CallError { id, .. }) => self.settle_debt(id.escaped(), &text),
                other => panic!("{other:?}: {text}"),
            }
        }
    }

    fn settle_debt(&mut self, id: &str, text: &str) {
        let debt = [&mut self.owed, &mut self.tolerated].into_iter().find_map(|answers| answers.get_mut(id));
        match debt {
            Some(count @ 1..) => *count -= 1,
            _ => panic!("an answer to nothing, or one too many: {text}"),
        }
        self.owed.retain(|_, count| *count > 0);
        self.tolerated.retain(|_, count| *count > 0);
    }

    /// The calls that should have been answered by now, but were not.
    pub fn owed(&self) -> impl Iterator<Item = &str> {
        self.owed.keys().map(String::as_str)
    }

    /// The connection is lost, and with it all answers.
    pub fn forget(&mut self) {
        self.unanswered = None;
        self.owed.clear();
        self.tolerated.clear();
    }

    pub fn is_asked(&self) -> bool {
        self.unanswered.is_some()
    }

    /// Answers the last call by a frame of this type with these members behind the id.
    pub fn answer(&mut self, link: &mut Link, message_type: u8, members: &[u8]) {
        if let Some(call) = self.unanswered.take() {
            link.push([format!("[{message_type},\"{}\",", call.id).as_bytes(), members, b"]"].concat());
        }
    }

    /// Answers the last call in the best way; `false` when there is none.
    pub fn accept(&mut self, link: &mut Link) -> bool {
        let Some(call) = &self.unanswered else { return false };
        let payload = match &*call.action {
            "BootNotification" => r#"{"status":"Accepted","currentTime":"2025-01-01T00:00:00Z","interval":86400}"#,
            "Heartbeat" => r#"{"currentTime":"2025-01-01T12:00:00Z"}"#,
            "StartTransaction" => r#"{"transactionId":42,"idTagInfo":{"status":"Accepted"}}"#,
            "Authorize" | "StopTransaction" => r#"{"idTagInfo":{"status":"Accepted"}}"#,
            "DataTransfer" => r#"{"status":"Accepted"}"#,
            _ => "{}",
        };
        self.answer(link, 3, payload.as_bytes());
        true
    }
}

/// The id of a frame that wants an answer, be it that it is refused.
fn id_to_answer(frame: &[u8]) -> Option<String> {
    let (is_whole, frame) = (frame.len() <= RECEIVE, &frame[..frame.len().min(RECEIVE)]);
    let (id, problem) = match scan(frame) {
        Ok(Frame::Call { id, payload, .. }) => (id, payload.text().err()),
        Err(Malformed { head: Some((MessageKind::Call, id)), problem }) => (id, Some(problem)),
        _ => return None,
    };
    // RPC-17: what is no JSON text names nobody who waits for an answer.
    (!is_whole || problem != Some(Problem::Syntax)).then(|| id.escaped().to_owned())
}
