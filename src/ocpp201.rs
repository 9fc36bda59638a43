//! OCPP 2.0.1 on the same station, as a test: three requests and one event in its words walk a session, so that the station
//! cannot quietly learn those of OCPP 1.6. Nothing of it is in any firmware.

use crate::json::{Field, FieldKind, FieldValue, Json, MemberWalk, Payload, Strictness, Writer, name};
use crate::rpc::CallComposer;
use crate::station::availability::InForce;
use crate::station::core_profile::Core;
use crate::station::journal::entry::{Content, Entry};
use crate::station::room::Room;
use crate::station::{Connector, Station, TransactionId, metering, registration::heartbeat, session};
use crate::store::{Declaration, Scratch};
use crate::time::{DateTime, Instant};
use crate::types::{Availability, ConnectorId, IdToken, Reason, Symbol};
use std::string::ToString;

/// Settings as variables of components.
static VARIABLES: &[Declaration] = &[
    heartbeat::HEARTBEAT_INTERVAL.named("OCPPCommCtrlr.HeartbeatInterval"),
    session::CONNECTION_TIME_OUT.named("TxCtrlr.EVConnectionTimeOut"),
    session::STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT.named("TxCtrlr.StopTxOnEVSideDisconnect"),
    metering::METER_VALUES_SAMPLED_DATA.named("SampledDataCtrlr.TxUpdatedMeasurands"),
    metering::METER_VALUE_SAMPLE_INTERVAL.named("SampledDataCtrlr.TxUpdatedInterval"),
];

/// What fits a request of 1024 bytes.
const ROOM: Room = Room { measurands: 13, rotations: 0, key_names: 0, list_entries: 4, periods: 4 };

/// RequestStartTransaction.req. An EVSE is a connector.
fn request_start_transaction(station: &mut Station<'_>, now: Instant, payload: Payload<'_>) -> &'static str {
    const FIELDS: [Field; 3] = [
        Field::required("idToken", FieldKind::Object),
        Field::required("remoteStartId", FieldKind::Integer),
        Field::optional("evseId", FieldKind::Integer),
    ];
    const ID_TOKEN: [Field; 2] =
        [Field::required("idToken", FieldKind::Text(36)), Field::required("type", FieldKind::Text(20))];
    let [id_token, _, evse] = payload.read(&FIELDS).unwrap();
    let [id_token, _] = members(id_token.nested().unwrap(), &ID_TOKEN);
    let id_token = IdToken::try_from(id_token.text().unwrap()).unwrap();
    let on = evse.integer().and_then(|id| ConnectorId::try_from(id).ok());
    accepted_if(station.start_remotely(now, id_token, on, None, &[]))
}

/// RequestStopTransaction.req. The id is that of the charge point.
fn request_stop_transaction(station: &mut Station<'_>, now: Instant, payload: Payload<'_>) -> &'static str {
    const FIELDS: [Field; 1] = [Field::required("transactionId", FieldKind::Text(36))];
    let [wanted] = payload.read(&FIELDS).unwrap();
    let wanted = wanted.text().unwrap();
    let seed = station.core.seed();
    let is_meant = |connector: &Connector<'_>| {
        TransactionId::new(seed, connector.entry_of_start()).to_string().as_bytes() == wanted.as_bytes()
    };
    accepted_if(station.core.stop_remotely(now, &is_meant))
}

/// ChangeAvailability.req
fn change_availability(station: &mut Station<'_>, now: Instant, payload: Payload<'_>) -> &'static str {
    const FIELDS: [Field; 2] =
        [Field::required("operationalStatus", FieldKind::Text(20)), Field::optional("evse", FieldKind::Object)];
    const EVSE: [Field; 1] = [Field::required("id", FieldKind::Integer)];
    let [wanted, evse] = payload.read(&FIELDS).unwrap();
    let wanted = wanted.text().and_then(Availability::from_json).unwrap();
    let evse = evse.nested().map_or(0, |evse| members(evse, &EVSE)[0].integer().unwrap());
    match station.core.change_availability(now, evse as ConnectorId, wanted) {
        InForce::Now => "Accepted",
        InForce::Later => "Scheduled",
        InForce::Never => "Rejected",
    }
}

fn members<'o, const N: usize>(object: &'o [u8], fields: &[Field; N]) -> [FieldValue<'o>; N] {
    let mut values = [FieldValue::Absent; N];
    MemberWalk::of(object, Strictness::NoOthers).read_leniently(fields, &mut values, &mut 0).unwrap();
    values
}

fn accepted_if(accepted: bool) -> &'static str {
    if accepted { "Accepted" } else { "Rejected" }
}

/// Writes TransactionEvent.req of the first entry of the journal, if it is its turn.
fn transaction_event<'b>(
    core: &mut Core<'_>,
    now: Instant,
    scratch: &Scratch<'_>,
    call: &mut CallComposer<'b>,
) -> bool {
    let Some(entry) = core.due_entry(now, scratch) else { return false };
    let id = core.id_of_due();
    call.resend(id);
    let start = match entry.content {
        Content::MeterValues { start, .. } | Content::Stop { start, .. } => start,
        _ => id.number,
    };
    let event = TransactionEvent {
        timestamp: core.date_of(&entry),
        transaction: TransactionId::new(core.seed(), start),
        seq_no: id.number.wrapping_sub(start), // one EVSE: nothing else stands between
        entry,
    };
    let fits = call.begin("TransactionEvent").and_then(|composer| composer.payload(&event)).is_ok();
    core.entry_written(fits);
    fits
}

struct TransactionEvent<'e> {
    timestamp: Option<DateTime>,
    transaction: TransactionId,
    seq_no: u32,
    entry: Entry<'e>,
}

impl Json for TransactionEvent<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let (event, trigger) = match self.entry.content {
            Content::Start { .. } => ("Started", "RemoteStart"),
            Content::MeterValues { .. } => ("Updated", "MeterValuePeriodic"),
            Content::Stop { .. } => ("Ended", "RemoteStop"),
            Content::Clock { .. } => unreachable!("is never due"),
        };
        let members = writer.open();
        members.name(name!("eventType")).plain(event);
        members.name(name!("timestamp")).date(self.timestamp);
        members.name(name!("triggerReason")).plain(trigger);
        members.name(name!("seqNo")).whole(self.seq_no.into());
        let info = members.name(name!("transactionInfo")).open();
        info.name(name!("transactionId")).plain(&self.transaction.to_string());
        if let Content::Stop { reason, .. } = self.entry.content {
            info.name(name!("stoppedReason")).plain(stopped_reason(reason));
        }
        info.close();
        let (id_tag, register, context) = match self.entry.content {
            Content::Start { id_tag, meter_start, .. } => (Some(id_tag), Some(meter_start), "Transaction.Begin"),
            Content::MeterValues { values, .. } => (None, metering::register_of(values), "Sample.Periodic"),
            Content::Stop { id_tag, meter_stop, .. } => (id_tag, Some(meter_stop), "Transaction.End"),
            Content::Clock { .. } => (None, None, ""),
        };
        if let Some(id_tag) = id_tag {
            let token = members.name(name!("idToken")).open();
            token.name(name!("idToken")).text(id_tag.to_token().as_str());
            token.name(name!("type")).plain("ISO14443");
            token.close();
        }
        members.name(name!("evse")).raw(b"{\"id\":");
        members.whole(self.entry.connector.into());
        members.raw(b"}");
        if let Some(register) = register {
            members.name(name!("meterValue")).raw(b"[{\"timestamp\":");
            members.date(self.timestamp);
            members.raw(b",\"sampledValue\":[{\"value\":");
            members.whole(register);
            members.raw(b",\"context\":");
            members.plain(context);
            members.raw(b"}]}]");
        }
        members.close();
    }
}

fn stopped_reason(reason: Reason) -> &'static str {
    match reason {
        // 2.0.1 has no words for these.
        Reason::HardReset | Reason::SoftReset => "ImmediateReset",
        Reason::UnlockCommand => "Other",
        reason => reason.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Frame, scan};
    use crate::rpc::MessageId;
    use crate::station::{
        Boot, CacheSlot, ChargingPeriod, ConnectorHardware, DataTransferHandler, Hook, ListSlot, Memory, MeterInput,
        ProfileSlot, ReservationSlot, role,
    };
    use crate::store::{Keys, RamStorage};
    use crate::types::{AuthorizationStatus, IdTagInfo, RegistrationStatus};
    use core::cell::Cell;
    use embassy_futures::block_on;
    use heapless::Vec;
    use std::boxed::Box;
    use std::string::String;

    #[derive(Default)]
    struct Socket {
        plugged: Cell<bool>,
        register: Cell<i64>,
    }

    impl ConnectorHardware for Socket {
        fn is_plugged(&self) -> bool {
            self.plugged.get()
        }

        fn energy(&self) -> Option<i64> {
            Some(self.register.get())
        }
    }

    struct Bench {
        station: Station<'static>,
        scratch: Scratch<'static>,
        device: RamStorage<4096>,
        now: Instant,
    }

    impl Bench {
        /// Does all that is to be done at this second.
        fn run_at(&mut self, second: u64) {
            self.now = Instant::from_secs(second);
            self.station.core.read_inputs(self.now);
            loop {
                let mut is_busy = self.station.advance(self.now);
                while let Some(op) = self.station.storage_op(self.now, &mut self.scratch) {
                    let done = block_on(op.run(&mut self.device, role, self.scratch.device())).unwrap();
                    self.station.storage_done(self.now, Ok(done), 100, &mut self.scratch);
                    is_busy = true;
                }
                if !is_busy {
                    return;
                }
            }
        }

        fn ask(
            &mut self,
            handle: fn(&mut Station<'_>, Instant, Payload<'_>) -> &'static str,
            payload: &str,
        ) -> &'static str {
            let frame = std::format!(r#"[2,"1","",{payload}]"#);
            let Ok(Frame::Call { payload, .. }) = scan(frame.as_bytes()) else { panic!("{frame}") };
            let status = handle(&mut self.station, self.now, payload);
            self.station.core.common.agenda.look_again();
            self.run_at(self.now.as_secs().into());
            assert!(!self.station.is_storing(), "what is promised is durable");
            status
        }

        /// The next event, which the CSMS takes.
        fn event(&mut self) -> String {
            self.run_at(self.now.as_secs().into());
            let mut buffer = [0; 1024];
            let mut call = CallComposer::new(&mut buffer, MessageId { epoch: 0, number: 0 });
            assert!(transaction_event(&mut self.station.core, self.now, &self.scratch, &mut call));
            let (len, page, _) = call.finish();
            assert_eq!(page, None);
            let accepted = IdTagInfo { status: AuthorizationStatus::Accepted, parent: None, expiry: None };
            self.station.entry_delivered(self.now, None, Some(accepted));
            let text = core::str::from_utf8(&buffer[..len]).unwrap();
            text.split_once("\"TransactionEvent\",").unwrap().1.trim_end_matches(']').into()
        }
    }

    /// For the life of the test.
    fn lent<T>(value: T) -> &'static mut T {
        Box::leak(Box::new(value))
    }

    #[test]
    fn a_session_in_the_words_of_ocpp_2_0_1() {
        let socket: &'static Socket = lent(Socket::default());
        let memory = Memory {
            connectors: lent([Connector::new()]),
            meter_inputs: lent(Vec::<MeterInput<'_>, 1>::new()).as_mut_view(),
            data_transfer: lent(Vec::<DataTransferHandler<'_>, 1>::new()).as_mut_view(),
            hooks: lent(Vec::<Hook<'_>, 1>::new()).as_mut_view(),
            cache: lent([CacheSlot::FREE]),
            local_list: lent([ListSlot::FREE, ListSlot::FREE]),
            reservations: lent([ReservationSlot::FREE]),
            profiles: lent([ProfileSlot::FREE]),
            periods: lent([ChargingPeriod::NONE]),
            custom_call: lent([0; 16]),
        };
        let mut bench = Bench {
            station: Station::new(Boot::new("M", "V"), Keys::blank(VARIABLES), memory),
            scratch: Scratch::new(lent([0; 512])),
            device: RamStorage::new(),
            now: Instant::ZERO,
        };
        bench.station.set_up(&ROOM);
        bench.station.set_hardware(socket, 1).unwrap();
        bench.station.core.common.outputs.random = Some(&|| 0x5eed_1234);
        bench.station.announce_hardware();
        bench.run_at(0);
        bench.station.set_online(bench.now, true);
        bench.station.set_clock(bench.now, DateTime::parse("2026-01-01T00:00:00Z").unwrap(), 0);
        bench.station.core.registered(bench.now, Some((RegistrationStatus::Accepted, 300)));
        bench.run_at(1);

        bench.station.core.common.keys.set("SampledDataCtrlr.TxUpdatedInterval", "45").unwrap();
        let start = r#"{"idToken":{"idToken":"AABBCCDD","type":"ISO14443"},"remoteStartId":7,"evseId":1}"#;
        assert_eq!(bench.ask(request_start_transaction, start), "Accepted");
        assert_eq!(bench.ask(request_start_transaction, start), "Rejected", "it is taken");
        socket.register.set(1000);
        socket.plugged.set(true);
        bench.run_at(10);
        assert!(bench.station.core.permits_charge(1));
        let id = bench.station.core.transaction(1).unwrap().id.unwrap().to_string(); // as the firmware sees it
        assert!(id.starts_with("5eed1234-"));
        let evse = r#""evse":{"id":1}"#;
        let token = r#""idToken":{"idToken":"AABBCCDD","type":"ISO14443"}"#;
        let meter = |time: &str, register: i64, context: &str| {
            std::format!(
                r#""meterValue":[{{"timestamp":"{time}","sampledValue":[{{"value":{register},"context":"{context}"}}]}}]"#
            )
        };
        let (began, sampled, ended) = ("2026-01-01T00:00:10Z", "2026-01-01T00:00:55Z", "2026-01-01T00:01:30Z");
        assert_eq!(
            bench.event(),
            std::format!(
                r#"{{"eventType":"Started","timestamp":"{began}","triggerReason":"RemoteStart","seqNo":0,"transactionInfo":{{"transactionId":"{id}"}},{token},{evse},{}}}"#,
                meter(began, 1000, "Transaction.Begin")
            )
        );

        let inoperative = r#"{"operationalStatus":"Inoperative","evse":{"id":1}}"#;
        assert_eq!(bench.ask(change_availability, inoperative), "Scheduled");
        socket.register.set(1500);
        bench.run_at(55);
        assert_eq!(
            bench.event(),
            std::format!(
                r#"{{"eventType":"Updated","timestamp":"{sampled}","triggerReason":"MeterValuePeriodic","seqNo":1,"transactionInfo":{{"transactionId":"{id}"}},{evse},{}}}"#,
                meter(sampled, 1500, "Sample.Periodic")
            )
        );

        bench.run_at(90);
        socket.register.set(2000);
        assert_eq!(bench.ask(request_stop_transaction, r#"{"transactionId":"5eed1234-00000007"}"#), "Rejected");
        assert_eq!(bench.ask(request_stop_transaction, &std::format!(r#"{{"transactionId":"{id}"}}"#)), "Accepted");
        assert!(!bench.station.core.permits_charge(1));
        assert_eq!(
            bench.event(),
            std::format!(
                r#"{{"eventType":"Ended","timestamp":"{ended}","triggerReason":"RemoteStop","seqNo":2,"transactionInfo":{{"transactionId":"{id}","stoppedReason":"Remote"}},{evse},{}}}"#,
                meter(ended, 2000, "Transaction.End")
            )
        );
        assert!(!bench.station.core.is_operative(1), "it went out of service when it was free");
    }
}
