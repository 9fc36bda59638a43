//! Durable files with content in PEM, and files that are numbered.

use crate::durable;
use pem::{EncodeConfig, LineEnding, Pem};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What is in a file. Nothing where there is none.
pub(super) fn read(file: &Path) -> io::Result<Vec<Pem>> {
    let text = durable::read(file)?.unwrap_or_default();
    pem::parse_many(text).map_err(|error| io::Error::other(format!("{}: {error}", file.display())))
}

pub(super) fn write(file: &Path, content: &[Pem]) -> io::Result<()> {
    durable::write(file, &text(content))
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => durable::sync_names(file),
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
