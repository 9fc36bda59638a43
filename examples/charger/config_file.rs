//! The file behind `--config`.

use crate::config::Config;
use serde::Deserialize;
use std::error::Error;
use std::fs;
use std::path::Path;

pub(crate) struct ConfigFile {
    pub config: Config,
    pub on_reset: OnReset,
}

/// What of it is not the charge point's business.
#[derive(Deserialize)]
struct Process {
    #[serde(default)]
    on_reset: OnReset,
}

/// What a Reset does to the process.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnReset {
    /// Whoever started it starts the next one.
    Exit,
    /// It goes on as if it had been started anew.
    #[default]
    Reboot,
}

impl ConfigFile {
    /// What is in neither of both is ignored.
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let both = serde_json::from_str(&text).and_then(|config| Ok((config, serde_json::from_str(&text)?)));
        let (config, Process { on_reset }) = both.map_err(|error| format!("{}: {error}", path.display()))?;
        let file = Self { config, on_reset };
        file.config.endpoint(false)?;
        Ok(file)
    }
}
