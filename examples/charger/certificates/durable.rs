//! Files of PEM that a loss of power leaves as they were or as they are to be.

use pem::{EncodeConfig, LineEnding, Pem};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is in a file. Nothing where there is none.
pub(super) fn read(file: &Path) -> io::Result<Vec<Pem>> {
    match fs::read(file) {
        Ok(text) => pem::parse_many(text).map_err(|error| io::Error::other(format!("{}: {error}", file.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Only the owner may read it: there are keys among them.
pub(super) fn write(file: &Path, content: &[Pem]) -> io::Result<()> {
    let draft = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = options.open(&draft)?;
    writer.write_all(text(content).as_bytes())?;
    writer.sync_all()?;
    fs::rename(&draft, file)?;
    sync_names(file)
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_names(file),
    }
}

pub(super) fn text(content: &[Pem]) -> String {
    pem::encode_many_config(content, EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// The files `KIND-NUMBER.pem` of a folder, in the order in which they were written.
pub(super) fn numbered(folder: &Path, kind: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if let Some(number) = number(&file, kind) {
            files.push((number, file));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

/// The file behind all of them.
pub(super) fn next(folder: &Path, kind: &str) -> io::Result<PathBuf> {
    let last = numbered(folder, kind)?.pop().and_then(|file| number(&file, kind)).unwrap_or(0);
    Ok(folder.join(format!("{kind}-{}.pem", last + 1)))
}

fn number(file: &Path, kind: &str) -> Option<u32> {
    file.file_name()?.to_str()?.strip_prefix(kind)?.strip_prefix('-')?.strip_suffix(".pem")?.parse().ok()
}

/// Makes the names durable, too; on Windows they are when the files are.
fn sync_names(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
