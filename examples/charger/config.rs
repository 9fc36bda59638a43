//! Who this charge point is, and where it connects to.

use crate::url::{Url, percent_decoded};
use embedded_ocpp::ocpp16::FeatureProfile;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

#[derive(Deserialize)]
pub(crate) struct Config {
    url: String,
    charge_point_id: String,
    pub boot: BootTexts,
    #[serde(default = "two")]
    pub connectors: u8,
    /// Each connector holds its cable with a lock.
    #[serde(default)]
    pub connector_lock: bool,
    pub data_dir: PathBuf,
    /// Certificates of those who are trusted, as PEM; without it those who are on the web.
    pub ca_file: Option<PathBuf>,
    /// Updates that nobody has signed are installed, too: for central systems that have no others.
    #[cfg(feature = "security")]
    #[serde(default)]
    pub accept_unsigned_updates: bool,
    /// The connectors whose meter signs.
    #[cfg(feature = "signed-meter-values")]
    #[serde(default)]
    pub signed_meters: BTreeMap<u8, Signing>,
    /// Factory values of the configuration keys. SupportedFeatureProfiles leaves out the profiles that it does not name.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    #[serde(default = "european")]
    pub nominal_voltage: f64,
    /// What the hardware can carry.
    #[serde(default = "strong")]
    pub max_current_a: f64,
}

fn two() -> u8 {
    2
}

fn european() -> f64 {
    230.0
}

fn strong() -> f64 {
    48.0
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BootTexts {
    pub charge_point_vendor: String,
    pub charge_point_model: String,
    pub charge_box_serial_number: Option<String>,
    pub charge_point_serial_number: Option<String>,
    pub firmware_version: Option<String>,
}

/// How a meter signs.
#[cfg(feature = "signed-meter-values")]
#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Signing {
    /// How long it takes.
    pub delay_s: f64,
    /// In the course of a transaction, too.
    pub signs_samples: bool,
    /// The value of the end holds the reading of the beginning, too.
    pub ends_with_both: bool,
}

#[cfg(feature = "signed-meter-values")]
impl Default for Signing {
    fn default() -> Self {
        Self { delay_s: 0.0, signs_samples: true, ends_with_both: false }
    }
}

impl Config {
    /// The charge point of the demonstration, which carries the last segment of `url` as its identity.
    pub(crate) fn of_url(url: &str, data_dir: PathBuf) -> Result<Self, Box<dyn Error>> {
        let path = Url::parse(url).map(|url| url.path_and_query().0).unwrap_or_default();
        let identity = path.trim_end_matches('/').rsplit('/').next().filter(|identity| !identity.is_empty());
        let identity = identity.ok_or("the URL names no charge point")?;
        let keys = [
            ("MeterValueSampleInterval", "1"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import,Current.Import"),
            #[cfg(feature = "signed-meter-values")]
            ("SampledDataSignReadings", "true"),
            #[cfg(feature = "signed-meter-values")]
            ("StopTxnSampledData", "Energy.Active.Import.Register"),
        ];
        let config = Self {
            url: url.into(),
            charge_point_id: percent_decoded(identity),
            boot: BootTexts {
                charge_point_vendor: "ACME".into(),
                charge_point_model: "Wallbox One".into(),
                charge_box_serial_number: Some("0001".into()),
                charge_point_serial_number: None,
                firmware_version: Some(env!("CARGO_PKG_VERSION").into()),
            },
            connectors: two(),
            connector_lock: false,
            data_dir,
            ca_file: None,
            #[cfg(feature = "security")]
            accept_unsigned_updates: false,
            #[cfg(feature = "signed-meter-values")]
            signed_meters: (1..=two()).map(|connector| (connector, Signing::default())).collect(),
            keys: keys.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            nominal_voltage: european(),
            max_current_a: strong(),
        };
        config.endpoint(false)?;
        Ok(config)
    }

    /// Host with port, and the path without the identity, but with the query. TLS is never taken away from a `wss://` URL.
    pub(crate) fn endpoint(&self, wants_tls: bool) -> Result<Endpoint<'_>, Box<dyn Error>> {
        let url = Url::parse(&self.url).ok_or_else(|| format!("{}: not a URL", self.url))?;
        let (is_secure, port) = match url.scheme {
            "ws" if !wants_tls => (false, 80),
            "ws" | "wss" => (true, 443),
            _ => return Err(format!("{}: not a ws:// or wss:// URL", self.url).into()),
        };
        let (path, query) = url.path_and_query();
        let path = path.trim_end_matches('/');
        let (front, last) = path.rsplit_once('/').unwrap_or(("", path));
        let path = if percent_decoded(last) == self.charge_point_id { front } else { path };
        let path = format!("{path}{query}");
        let address = url.address(port);
        Ok(Endpoint { address, is_secure, host: url.authority, path, identity: &self.charge_point_id })
    }

    /// The password of HTTP Basic authentication, which no central system can change: the 20 bytes that 40 hexadecimal
    /// digits stand for (OCPP-J §6.2.2), otherwise the text as it is.
    #[cfg(not(feature = "security"))]
    pub(crate) fn password(&self) -> Option<Vec<u8>> {
        let key = self.keys.iter().find(|(key, _)| key.eq_ignore_ascii_case(AUTHORIZATION_KEY));
        let key = key.map(|(_, value)| value.as_bytes()).filter(|key| !key.is_empty())?;
        let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let is_hex = key.len() == 40 && key.iter().all(u8::is_ascii_hexdigit);
        Some(if is_hex { key.chunks(2).filter_map(byte).collect() } else { key.to_vec() })
    }

    /// The factory values that are the library's business.
    pub(crate) fn factory_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.keys.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let all = all.filter(|(key, _)| !key.eq_ignore_ascii_case(PROFILES));
        all.filter(|(key, _)| cfg!(feature = "security") || !key.eq_ignore_ascii_case(AUTHORIZATION_KEY))
    }

    /// The profiles that SupportedFeatureProfiles does not name; none where it is not given.
    pub(crate) fn left_out_profiles(&self) -> Vec<FeatureProfile> {
        let Some((_, named)) = self.keys.iter().find(|(key, _)| key.eq_ignore_ascii_case(PROFILES)) else {
            return Vec::new();
        };
        let is_named = |profile: &FeatureProfile| named.split(',').any(|name| name.trim() == profile.as_str());
        let all = [
            FeatureProfile::FirmwareManagement,
            FeatureProfile::LocalAuthListManagement,
            FeatureProfile::Reservation,
            FeatureProfile::SmartCharging,
            FeatureProfile::RemoteTrigger,
        ];
        all.into_iter().filter(|profile| !is_named(profile)).collect()
    }

    #[cfg(feature = "signed-meter-values")]
    pub(crate) fn identity(&self) -> &str {
        &self.charge_point_id
    }

    /// The identity as the name of a file.
    pub(crate) fn file_name(&self) -> String {
        self.charge_point_id.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }
}

const AUTHORIZATION_KEY: &str = "AuthorizationKey";
const PROFILES: &str = "SupportedFeatureProfiles";

/// Where to connect to.
pub(crate) struct Endpoint<'c> {
    pub address: (String, u16),
    pub is_secure: bool,
    /// For the Host header.
    pub host: &'c str,
    pub path: String,
    pub identity: &'c str,
}
