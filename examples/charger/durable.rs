//! Files that a loss of power leaves as they were or as they are to be.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// What is in a file, if there is one.
pub(crate) fn read(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::other(format!("{}: {error}", file.display()))),
    }
}

/// Only the owner may read it: there are keys among them.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    let draft = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = options.open(&draft)?;
    writer.write_all(text.as_bytes())?;
    writer.sync_all()?;
    fs::rename(&draft, file)?;
    sync_names(file)
}

/// Makes the names durable, too; on Windows they are when the files are.
pub(crate) fn sync_names(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
