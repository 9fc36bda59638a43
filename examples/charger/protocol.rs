//! The control protocol: one JSON object a line, commands in, replies and events out.

#[cfg(feature = "signed-meter-values")]
use crate::command::Answer;
use crate::command::{Command, CommandId, DataTransfer, Fault};
#[cfg(feature = "security")]
use crate::security_events::Raise;
use embedded_ocpp::ocpp16::{ChargePointErrorCode, ResetKind};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The members of a command.
pub(crate) struct Fields {
    pub fields: Map<String, Value>,
    pub connectors: u8,
}

impl Fields {
    pub(crate) fn command(&self) -> Result<Command, String> {
        Ok(match self.text("cmd")?.as_str() {
            "plug_in" => Command::PlugIn { connector: self.connector()? },
            "plug_out" => Command::PlugOut { connector: self.connector()? },
            "swipe" => Command::Swipe { id_tag: self.text("id_tag")?, connectors: self.connectors()? },
            "ev_ready" => Command::EvReady { connector: self.connector()?, ready: self.flag("ready")? },
            "fault" => Command::Fault { connector: self.connector()?, fault: self.fault()? },
            "disconnect" => Command::Disconnect,
            "connect" => Command::Connect,
            "data_transfer" => Command::DataTransfer(DataTransfer {
                vendor_id: self.text("vendor_id")?,
                message_id: self.text_if_any("message_id")?,
                data: self.text_if_any("data")?,
            }),
            "set_meter" => Command::SetMeter {
                connector: self.connector()?,
                wh: self.number_if_any("wh")?,
                w: self.number_if_any("w")?,
                a: self.number_if_any("a")?,
            },
            #[cfg(feature = "signed-meter-values")]
            "signed_meter" => Command::SignedMeter {
                connector: self.connector()?,
                answer: self.answer()?,
                delay: self.duration_if_any("delay_s")?,
            },
            #[cfg(not(feature = "signed-meter-values"))]
            "signed_meter" => return Err("signed meter values are not built in".into()),
            "state" => Command::State,
            "ask" => Command::Ask {
                action: self.question()?,
                payload: self.any("payload").cloned().unwrap_or_else(|| json!({})),
            },
            "certificates" => Command::Certificates,
            "lock" => Command::JamLock { connector: self.connector()?, jammed: self.flag("jammed")? },
            "set_key" => Command::SetKey { key: self.text("key")?, value: self.text("value")? },
            "power_cut" => Command::CutPower,
            "reset" => Command::Reset(match self.text("kind")?.as_str() {
                "Soft" => ResetKind::Soft,
                "Hard" => ResetKind::Hard,
                other => return Err(format!("no such reset: {other}")),
            }),
            #[cfg(feature = "security")]
            "security_event" => Command::SecurityEvent(self.raise()?),
            #[cfg(not(feature = "security"))]
            "security_event" => return Err("security events are not built in yet".into()),
            other => return Err(format!("no such command: {other}")),
        })
    }

    /// An action that changes nothing.
    fn question(&self) -> Result<String, String> {
        let action = self.text("action")?;
        match action.as_str() {
            "GetCompositeSchedule" | "GetConfiguration" | "GetLocalListVersion" | "GetInstalledCertificateIds" => {
                Ok(action)
            }
            other => Err(format!("{other} is no question")),
        }
    }

    fn fault(&self) -> Result<Option<Fault>, String> {
        if !self.flag("active")? {
            return Ok(None);
        }
        let code = self.text_if_any("error_code")?.unwrap_or_else(|| "OtherError".into());
        let code = ChargePointErrorCode::from_text(&code).ok_or_else(|| format!("no such error code: {code}"))?;
        let after_charging = self.duration_if_any("after_charging_s")?;
        Ok(Some(Fault { code, info: self.text_if_any("info")?, after_charging }))
    }

    #[cfg(feature = "signed-meter-values")]
    fn answer(&self) -> Result<Option<Answer>, String> {
        let Some(answer) = self.text_if_any("answer")? else { return Ok(None) };
        match answer.as_str() {
            "value" => Ok(Some(Answer::Value)),
            "failure" => Ok(Some(Answer::Failure)),
            "none" => Ok(Some(Answer::None)),
            other => Err(format!("no such answer: {other}")),
        }
    }

    #[cfg(feature = "security")]
    fn raise(&self) -> Result<Raise, String> {
        let name = self.text("type")?;
        if !(1..=50).contains(&name.chars().count()) {
            return Err("type has 1 to 50 characters".into());
        }
        Ok(Raise { name, tech_info: self.text_if_any("info")?.unwrap_or_default() })
    }

    pub(crate) fn connector(&self) -> Result<u8, String> {
        self.number_of_connector(self.any("connector").ok_or("connector is missing")?)
    }

    fn connectors(&self) -> Result<Vec<u8>, String> {
        let list = self.any("connectors").and_then(Value::as_array).ok_or("connectors is not a list")?;
        list.iter().map(|number| self.number_of_connector(number)).collect()
    }

    fn number_of_connector(&self, number: &Value) -> Result<u8, String> {
        let number = number.as_u64().and_then(|number| u8::try_from(number).ok());
        let number = number.filter(|number| (1..=self.connectors).contains(number));
        number.ok_or_else(|| format!("connectors are numbered from 1 to {}", self.connectors))
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        self.text_if_any(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    pub(crate) fn text_if_any(&self, name: &str) -> Result<Option<String>, String> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is not a string"));
        self.any(name).map(text).transpose()
    }

    pub(crate) fn number_if_any(&self, name: &str) -> Result<Option<f64>, String> {
        let number = |value: &Value| value.as_f64().ok_or_else(|| format!("{name} is not a number"));
        self.any(name).map(number).transpose()
    }

    fn duration_if_any(&self, name: &str) -> Result<Option<Duration>, String> {
        let duration = self.number_if_any(name)?.map(Duration::try_from_secs_f64).transpose();
        duration.map_err(|error| format!("{name}: {error}"))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, String> {
        self.any(name).and_then(Value::as_bool).ok_or_else(|| format!("{name} is not true or false"))
    }

    /// A member that is there and not null.
    fn any(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }
}

/// The reply to a command, as a line.
pub(crate) fn reply_line(id: &CommandId, reply: Value) -> Value {
    let mut line = json!({"reply": id});
    if let (Value::Object(line), Value::Object(mut reply)) = (&mut line, reply) {
        line.append(&mut reply);
    }
    line
}
