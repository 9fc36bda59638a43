//! Meters that sign what they measure, each with a key of its own, as German calibration law wants it.

use crate::command::Answer;
use crate::config::{Config, Signing};
use crate::durable;
use crate::evse::{Evse, Outlet};
use crate::ocmf::{self, Payload, Reading};
use crate::trace::Log;
use embedded_ocpp::ocpp16::{PrintedKey, SignedMeter, SigningFailed, SigningMoment};
use embedded_ocpp::time::Instant;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::{Duration, SystemTime};

type Failure = Box<dyn Error>;

/// Those of the connectors that have one.
pub(crate) struct SignedMeters<'o> {
    meters: BTreeMap<u8, Meter<'o>>,
}

impl<'o> SignedMeters<'o> {
    pub(crate) fn open(config: &Config, evse: &'o Evse, log: &'o Log) -> Result<Self, Failure> {
        let mut meters = BTreeMap::new();
        for (connector, signing) in &config.signed_meters {
            let outlet = evse.outlet(*connector).ok_or_else(|| format!("signed_meters: no connector {connector}"))?;
            meters.insert(*connector, Meter::open(config, *connector, signing, outlet, log)?);
        }
        Ok(Self { meters })
    }

    pub(crate) fn of(&self, connector: u8) -> Option<&Meter<'o>> {
        self.meters.get(&connector)
    }

    /// Lets time pass. `id_tag` tells who charges at a connector.
    pub(crate) fn advance<'t>(&self, now: Instant, id_tag: impl Fn(u8) -> Option<&'t str>) {
        self.meters.iter().for_each(|(connector, meter)| meter.advance(now, id_tag(*connector)));
    }
}

pub(crate) struct Meter<'o> {
    outlet: &'o Outlet,
    log: &'o Log,
    key: KeyPair,
    /// The public half, as it is printed on the meter.
    printed_key: String,
    charge_point: String,
    serial_number: String,
    /// Identity of the charge point and number of the connector.
    place: String,
    signs_samples: bool,
    ends_with_both: bool,
    delay: Cell<Duration>,
    answer: Cell<Answer>,
    wanted: Cell<Option<Wanted>>,
    signed: RefCell<Option<Result<String, SigningFailed>>>,
    file: PathBuf,
    memory: RefCell<Memory>,
}

/// A reading that is to be signed.
#[derive(Clone, Copy)]
struct Wanted {
    moment: SigningMoment,
    at: SystemTime,
    wh: i64,
    since: Instant,
}

/// What outlives the loss of power.
#[derive(Default, Serialize, Deserialize)]
struct Memory {
    /// The last page that was signed.
    page: u64,
    /// The register then.
    wh: i64,
    /// Of the last transaction.
    id_tag: Option<String>,
    begin: Option<(String, i64)>,
}

impl<'o> Meter<'o> {
    /// In files of `data_dir`. At the first start it makes its key.
    fn open(
        config: &Config,
        connector: u8,
        signing: &Signing,
        outlet: &'o Outlet,
        log: &'o Log,
    ) -> Result<Self, Failure> {
        let key_file = config.data_dir.join(format!("meter-{connector}.pem"));
        let key = match durable::read(&key_file)? {
            Some(pem) => KeyPair::from_pem_and_sign_algo(&pem, &PKCS_ECDSA_P256_SHA256)
                .map_err(|error| format!("{}: {error}", key_file.display()))?,
            None => {
                let key = KeyPair::generate()?;
                durable::write(&key_file, &key.serialize_pem())?;
                key
            }
        };
        let file = config.data_dir.join(format!("meter-{connector}.json"));
        let memory: Memory = read_json(&file)?;
        if outlet.energy() == 0 {
            outlet.set_meter(Some(memory.wh as f64), None, None); // the process is new, the meter is not
        }
        let (boot, identity) = (&config.boot, config.identity());
        Ok(Self {
            outlet,
            log,
            printed_key: ocmf::hex(&key.subject_public_key_info()),
            key,
            charge_point: format!("{} {}", boot.charge_point_vendor, boot.charge_point_model),
            serial_number: format!("{identity}-{connector}"),
            place: format!("{identity} {connector}"),
            signs_samples: signing.signs_samples,
            ends_with_both: signing.ends_with_both,
            delay: Cell::new(Duration::try_from_secs_f64(signing.delay_s)?),
            answer: Cell::new(Answer::Value),
            wanted: Cell::new(None),
            signed: RefCell::default(),
            file,
            memory: RefCell::new(memory),
        })
    }

    pub(crate) fn set_answer(&self, answer: Option<Answer>, delay: Option<Duration>) {
        self.answer.set(answer.unwrap_or(self.answer.get()));
        self.delay.set(delay.unwrap_or(self.delay.get()));
    }

    fn advance(&self, now: Instant, id_tag: Option<&str>) {
        let is_due = |wanted: &Wanted| u128::from(now.since(wanted.since).as_millis()) >= self.delay.get().as_millis();
        if self.answer.get() == Answer::None {
            return;
        }
        if let Some(wanted) = self.wanted.get().filter(is_due) {
            self.wanted.set(None);
            let signed = self.value(wanted, id_tag).map_err(|error| {
                self.log.note(&format!("{}: not signed: {error}", self.place));
                SigningFailed
            });
            self.signed.replace(Some(signed));
        }
    }

    /// Its page is never used again, whenever the power fails.
    fn value(&self, wanted: Wanted, id_tag: Option<&str>) -> Result<String, Failure> {
        if self.answer.get() == Answer::Failure {
            return Err("as it was told".into());
        }
        let mut memory = self.memory.borrow_mut();
        memory.page += 1;
        memory.wh = wanted.wh;
        let time = ocmf::time(wanted.at);
        if wanted.moment == SigningMoment::Begin {
            memory.id_tag = id_tag.map(str::to_owned);
            memory.begin = Some((time.clone(), wanted.wh));
        }
        durable::write(&self.file, &serde_json::to_string(&*memory)?)?;

        let begin = memory.begin.as_ref().filter(|_| self.ends_with_both && wanted.moment == SigningMoment::End);
        let begin = begin.map(|(time, wh)| Reading::new(time, 'B', *wh));
        let reading = match wanted.moment {
            SigningMoment::Begin => 'B',
            SigningMoment::Sample | SigningMoment::Aligned => 'C',
            SigningMoment::End => 'E',
        };
        let payload = Payload {
            fv: "1.0",
            gi: &self.charge_point,
            gs: &self.serial_number,
            pg: format!("T{}", memory.page),
            mv: "embedded-ocpp",
            mm: "Simulated Meter",
            ms: &self.serial_number,
            is: memory.id_tag.is_some(),
            r#if: [],
            it: if memory.id_tag.is_some() { "UNDEFINED" } else { "NONE" },
            id: memory.id_tag.as_deref(),
            ct: "CBIDC",
            ci: &self.place,
            rd: begin.into_iter().chain([Reading::new(&time, reading, wanted.wh)]).collect(),
        };
        ocmf::signed(&payload, &self.key)
    }
}

impl SignedMeter for Meter<'_> {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, moment: SigningMoment) {
        self.signed.replace(None);
        let (wh, since) = (self.outlet.energy(), self.log.now());
        self.wanted.set(Some(Wanted { moment, at: SystemTime::now(), wh, since }));
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        let signed = self.signed.borrow();
        let Some(value) = &*signed else { return Poll::Pending };
        Poll::Ready(value.as_ref().map_err(|failed| *failed).map(|value| {
            let rest = value.as_bytes().get(offset..).unwrap_or_default();
            let len = rest.len().min(buffer.len());
            buffer[..len].copy_from_slice(&rest[..len]);
            len
        }))
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        Some(PrintedKey::Base16(&self.printed_key))
    }

    fn signs_samples(&self) -> bool {
        self.signs_samples
    }

    fn ends_with_both(&self) -> bool {
        self.ends_with_both
    }
}

fn read_json<T: DeserializeOwned + Default>(file: &Path) -> Result<T, Failure> {
    let Some(text) = durable::read(file)? else { return Ok(T::default()) };
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}
