//! The RPC layer alone, with logic of one's own on it: no OCPP operations, no charge point.
//!
//! `cargo run --example rpc_only`. A lamp says hello to its server and lets itself be switched, over OCPP-J messages that
//! OCPP has never heard of. Answers are matched, late ones ignored and broken calls refused by [`Rpc`].

use embassy_futures::block_on;
use embedded_ocpp::json::{CiString, Frame, Serde, from_payload, scan};
use embedded_ocpp::rpc::{Call, CallComposer, CallError, CallErrorCode, Composer, Handler, Outcome, Reply, Rpc};
use embedded_ocpp::time::Instant;
use embedded_ocpp::transport::{Loopback, LoopbackClosed, WebSocketTransport};
use serde::{Deserialize, Serialize};

/// The logic: what the lamp is, and what it still has to say.
#[derive(Debug, Default)]
struct Lamp {
    is_lit: bool,
    has_said_hello: bool,
    greeting: CiString<20>,
}

/// A call of the lamp, so that it knows what an answer belongs to.
#[derive(Clone, Copy, Debug)]
enum CallName {
    Hello,
}

#[derive(Serialize)]
struct Hello<'a> {
    name: &'a str,
}

#[derive(Deserialize)]
struct Greeting<'a> {
    text: &'a str,
}

#[derive(Deserialize)]
struct Switch {
    lit: bool,
}

#[derive(Serialize)]
struct Switched {
    was_lit: bool,
}

impl Handler for Lamp {
    type Call = CallName;

    fn handle_call(&mut self, _: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
        if !call.action.is("Switch") {
            return Err(CallErrorCode::NotImplemented.into());
        }
        let switch = from_payload::<Switch>(call.payload)
            .ok_or(CallError::new(CallErrorCode::FormationViolation, "lit is wanted, and nothing else"))?;
        let was_lit = std::mem::replace(&mut self.is_lit, switch.lit);
        answer.payload(&Serde(Switched { was_lit }))?;
        Ok(Reply::Now)
    }

    fn next_call(&mut self, _: Instant, call: &mut CallComposer<'_>) -> Option<CallName> {
        if self.has_said_hello {
            return None;
        }
        call.call("Hello", &Serde(Hello { name: "lamp" })).ok()?;
        self.has_said_hello = true;
        Some(CallName::Hello)
    }

    fn conclude(&mut self, _: Instant, name: CallName, outcome: Outcome<'_>) {
        println!("{name:?} ended: {outcome:?}");
        if let Outcome::Result(payload) = outcome {
            let greeting = from_payload::<Greeting>(payload);
            self.greeting = greeting.and_then(|it| CiString::from_text(it.text).ok()).unwrap_or_default();
        }
    }
}

/// The driver: moves messages between the layer and a transport. A whole one waits for either, with timeouts.
struct Driver {
    rpc: Rpc<CallName>,
    lamp: Lamp,
    link: Loopback<1024>,
    received: [u8; 256],
    sent: [u8; 256],
}

impl Driver {
    /// Until there is nothing more to do.
    async fn run(&mut self, now: Instant) -> Result<(), LoopbackClosed> {
        let Self { rpc, lamp, link, received, sent } = self;
        loop {
            rpc.tick(now, lamp);
            if let Some(part) = rpc.transmit(now, lamp, received, sent) {
                link.send(&sent[..part.len], part.last).await?;
                rpc.transmitted(now);
            } else if let Some(message) = link.receive(received).await? {
                rpc.receive(now, lamp, message, received, sent);
            } else {
                return Ok(());
            }
        }
    }

    /// The server sends `message`; the answer, if there is one.
    fn ask(&mut self, now: u32, message: &str) -> Result<Option<String>, LoopbackClosed> {
        println!("<- {message}");
        self.link.push(message.as_bytes())?;
        block_on(self.run(Instant::from_secs(u64::from(now))))?;
        Ok(self.said())
    }

    /// What the lamp has sent.
    fn said(&mut self) -> Option<String> {
        let text = String::from_utf8_lossy(self.link.sent()?).into_owned();
        self.link.clear();
        println!("-> {text}");
        Some(text)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut driver =
        Driver { rpc: Rpc::new(42), lamp: Lamp::default(), link: Loopback::new(), received: [0; 256], sent: [0; 256] };
    driver.link.connect();
    driver.rpc.connected();

    // A call of our own, and its answer: once, not twice.
    block_on(driver.run(Instant::ZERO))?;
    let hello = driver.said().ok_or("the lamp says nothing")?;
    let Ok(Frame::Call { id, payload, .. }) = scan(hello.as_bytes()) else {
        return Err(format!("not what the lamp should say: {hello}").into());
    };
    assert_eq!(payload.text(), Ok(r#"{"name":"lamp"}"#));
    let answer = format!(r#"[3,"{}",{{"text":"good evening"}}]"#, id.escaped());
    for _ in 0..2 {
        assert_eq!(driver.ask(1, &answer)?, None);
    }
    assert_eq!(driver.lamp.greeting.as_str(), "good evening");
    assert_eq!(driver.rpc.statistics().stray, 1);

    // Calls of the server: understood, wrong, unknown, and noise.
    assert_eq!(driver.ask(2, r#"[2,"a","Switch",{"lit":true}]"#)?.as_deref(), Some(r#"[3,"a",{"was_lit":false}]"#));
    assert!(driver.lamp.is_lit);
    let refusal = driver.ask(3, r#"[2,"b","Switch",{"lit":"on"}]"#)?;
    assert!(refusal.is_some_and(|text| text.starts_with(r#"[4,"b","FormationViolation""#)));
    assert_eq!(driver.ask(4, r#"[2,"c","Dance",{}]"#)?.as_deref(), Some(r#"[4,"c","NotImplemented","",{}]"#));
    assert_eq!(driver.ask(5, "good night")?, None);
    assert_eq!(driver.rpc.statistics().dropped, 1);
    println!("done: {:?}", driver.lamp);
    Ok(())
}
