use super::{RecordKey, Storage};
use crate::log::format_as_debug;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A directory of small files as flash, for hosts: one file a record.
///
/// A record is written beside the old one, synced, and renamed over it, so that a kill at any moment leaves the old
/// record or the new one.
#[derive(Clone, Debug)]
pub struct DirectoryStorage {
    directory: PathBuf,
}

format_as_debug!(DirectoryStorage);

impl DirectoryStorage {
    /// Opens `directory`, making it when there is none.
    ///
    /// # Errors
    /// That of the file system.
    pub fn open(directory: impl AsRef<Path>) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        Ok(Self { directory: directory.as_ref().into() })
    }

    /// Makes the names durable, too; on Windows they are when the files are.
    fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.directory)?.sync_all() } else { Ok(()) }
    }

    fn file(&self, key: RecordKey) -> PathBuf {
        self.directory.join(std::format!("{key:04x}"))
    }
}

impl Storage for DirectoryStorage {
    type Error = io::Error;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let record = match fs::read(self.file(key)) {
            Ok(record) => record,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let place = buffer.get_mut(..record.len()).ok_or(ErrorKind::FileTooLarge)?;
        place.copy_from_slice(&record);
        Ok(if record.is_empty() { None } else { Some(record.len()) })
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> io::Result<()> {
        let file = self.file(key);
        let draft = file.with_extension("new");
        let mut writer = File::create(&draft)?;
        writer.write_all(record)?;
        writer.sync_all()?;
        fs::rename(&draft, &file)?;
        self.sync()
    }

    async fn remove(&mut self, key: RecordKey) -> io::Result<()> {
        match fs::remove_file(self.file(key)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.sync(),
        }
    }
}
