//! The security log, as its records tell it.

use embedded_ocpp::store::record::RecordReader;
use embedded_ocpp::time::DateTime;
use serde::Serialize;

/// One event.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct SecurityEntry {
    pub number: u32,
    pub event: String,
    /// `None` while it is not known when the boot was; there are its number and the seconds since then.
    pub date: Option<String>,
    pub boot: Option<u32>,
    pub uptime_s: Option<u32>,
    pub info: String,
    /// Whether the central system knows, is to know, or is not to.
    pub told: Notification,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Notification {
    Told,
    Waits,
    Never,
}

/// What is known of all entries together.
#[derive(Default)]
pub(crate) struct Mark {
    /// All before this one were told, if they are to be.
    untold: u32,
    /// The last boots that knew the time, each with the Unix time at its beginning.
    boots: Vec<(u32, u32)>,
}

// The numbers of these words in records, and whether the central system is to hear of them (security whitepaper §8).
const EVENTS: [(&str, bool); 18] = [
    ("FirmwareUpdated", true),
    ("FailedToAuthenticateAtCentralSystem", false),
    ("CentralSystemFailedToAuthenticate", false),
    ("SettingSystemTime", true),
    ("StartupOfTheDevice", true),
    ("ResetOrReboot", true),
    ("SecurityLogWasCleared", true),
    ("ReconfigurationOfSecurityParameters", false),
    ("MemoryExhaustion", true),
    ("InvalidMessages", false),
    ("AttemptedReplayAttacks", false),
    ("TamperDetectionActivated", true),
    ("InvalidFirmwareSignature", true),
    ("InvalidFirmwareSigningCertificate", true),
    ("InvalidCentralSystemCertificate", true),
    ("InvalidChargePointCertificate", true),
    ("InvalidTLSVersion", true),
    ("InvalidTLSCipherSuite", true),
];
/// In place of such a number: a name of the firmware's own.
const OWN: u8 = u8::MAX;
const DATED: u8 = 0;

/// Reads an entry. Whether it was told is not known here.
pub(crate) fn entry(reader: &mut RecordReader<'_>) -> Option<SecurityEntry> {
    let number = reader.u32()?;
    let [code, kind] = reader.array()?;
    let time = u32::from_le_bytes(reader.array()?);
    let is_dated = kind == DATED;
    let boot = if is_dated { None } else { Some(reader.u32()?) };
    let (event, is_told) = match code {
        OWN => (reader.text()?, true),
        code => *EVENTS.get(usize::from(code))?,
    };
    Some(SecurityEntry {
        number,
        event: event.into(),
        date: is_dated.then(|| DateTime::from_unix(time).to_string()),
        boot,
        uptime_s: (!is_dated).then_some(time),
        info: String::from_utf8_lossy(reader.rest()).into_owned(),
        told: if is_told { Notification::Waits } else { Notification::Never },
    })
}

pub(crate) fn mark(reader: &mut RecordReader<'_>) -> Option<Mark> {
    let untold = reader.u32()?;
    let boots = std::iter::from_fn(|| Some((reader.u32()?, reader.u32()?))).collect();
    Some(Mark { untold, boots })
}

/// Puts them in order, each with what the mark knows of it.
pub(crate) fn newest_first(mut entries: Vec<SecurityEntry>, mark: &Mark) -> Vec<SecurityEntry> {
    for entry in &mut entries {
        if entry.told == Notification::Waits && entry.number < mark.untold {
            entry.told = Notification::Told;
        }
        let began = mark.boots.iter().find(|(boot, _)| Some(*boot) == entry.boot);
        if let (Some((_, began)), Some(uptime_s)) = (began, entry.uptime_s) {
            entry.date = Some(DateTime::from_unix(began.saturating_add(uptime_s)).to_string());
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.number));
    entries
}

#[cfg(all(test, feature = "security"))]
mod tests {
    use super::*;
    use crate::flash::Chip;
    use crate::records::Records;
    use embedded_ocpp::Instant;
    use embedded_ocpp::facade::capacity::{ReceiveBuffer, SendBuffer};
    use embedded_ocpp::facade::{ChargePoint, ConnectorClosures, Resources};
    use embedded_ocpp::ocpp16::{Boot, SecurityEvent};

    #[test]
    fn the_words_are_those_of_the_crate() {
        for (code, (name, is_told)) in EVENTS.into_iter().enumerate() {
            let event = SecurityEvent::from_text(name).unwrap();
            assert_eq!(event as usize, code, "{name}");
            assert!(is_told || !event.is_critical(), "{name}");
        }
    }

    #[test]
    fn what_a_charge_point_has_stored_is_read_from_its_flash() {
        let directory = std::env::temp_dir().join(format!("simulator-security-log-{}", std::process::id()));
        let chip = Chip::open(&directory).unwrap();
        let mut storage = chip.storage().unwrap();
        let mut socket = ConnectorClosures::new();
        socket.set_energy_meter_input(&|| Some(0));
        let mut resources = Resources::<1, ReceiveBuffer<1024, SendBuffer<1024>>>::new();
        let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME")).unwrap();
        ocpp.set_hardware(&socket, 1).unwrap();
        ocpp.set_on_reset_execute(&|_| ());
        let mut poll = |ocpp: &mut ChargePoint<'_>, s| {
            ocpp.poll_operations(Instant::from_secs(s), false, &mut storage).map(drop).unwrap();
        };
        poll(&mut ocpp, 3);
        ocpp.raise_security_event(SecurityEvent::AttemptedReplayAttacks, "").unwrap();
        poll(&mut ocpp, 4);
        ocpp.raise_other_security_event("com.example.CoffeeSpilled", "on the \"front\" door").unwrap();
        poll(&mut ocpp, 5);

        let log = Records::of(&chip).security_log;
        let of = |entry: &SecurityEntry| (entry.number, entry.event.clone(), entry.uptime_s, entry.info.clone());
        let expected = [
            (2, "com.example.CoffeeSpilled".into(), Some(4), "on the \"front\" door".into()),
            (1, "AttemptedReplayAttacks".into(), Some(3), String::new()),
            (0, "StartupOfTheDevice".into(), Some(3), String::new()),
        ];
        assert_eq!(log.iter().map(of).collect::<Vec<_>>(), expected);
        assert_eq!(
            log.iter().map(|entry| entry.told).collect::<Vec<_>>(),
            [Notification::Waits, Notification::Never, Notification::Waits]
        );
        let mark = Mark { untold: 1, boots: vec![(7, 0), (log[2].boot.unwrap(), 1_800_000_000)] };
        let log = newest_first(log, &mark);
        assert_eq!(log.iter().map(|entry| entry.told).next_back(), Some(Notification::Told));
        assert_eq!(log[2].date.as_deref(), Some("2027-01-15T08:00:03Z"));
        std::fs::remove_dir_all(directory).unwrap();
    }
}
