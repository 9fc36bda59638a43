//! The file behind `--config`.

use crate::config::Config;
use serde::Deserialize;
use std::error::Error;
use std::fs;
use std::path::Path;

/// What is not listed here, or in [`Config`], is ignored.
#[derive(Deserialize)]
pub(crate) struct ConfigFile {
    #[serde(flatten)]
    pub config: Config,
    #[serde(default)]
    pub on_reset: OnReset,
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
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let file: Self = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        file.config.endpoint(false)?;
        Ok(file)
    }
}
