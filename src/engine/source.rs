//! Where a model's bytes come from: a file, memory, or the browser's storage, read in pieces.

use std::{fs::File, io, path::Path};

use crate::{Error, Result};

/// Bytes that can be read at any offset. The browser implements it over OPFS.
pub trait ReadAt {
    fn size(&self) -> u64;

    /// Fills `into` from `offset`, or fails; there are no short reads.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()>;
}

impl ReadAt for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(into.len() as u64).filter(|&end| end <= self.size());
        match end {
            Some(end) => into.copy_from_slice(&self[offset as usize..end as usize]),
            None => return Err(ends_early("a read", offset, into.len(), self.size())),
        }
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.as_slice().read_at(offset, into)
    }
}

/// A file on disk.
pub struct FileSource {
    file: File,
    n_bytes: u64,
}

impl FileSource {
    pub fn open(path: impl AsRef<Path>) -> Result<FileSource> {
        let path = path.as_ref();
        let opened = File::open(path).and_then(|file| {
            let n_bytes = file.metadata()?.len();
            Ok(FileSource { file, n_bytes })
        });
        opened.map_err(|error| unreadable(&format!("{}: {error}", path.display())))
    }
}

impl ReadAt for FileSource {
    fn size(&self) -> u64 {
        self.n_bytes
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        use io::{Read, Seek};
        let mut file = &self.file;
        file.seek(io::SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(into))
            .map_err(|error| unreadable(&error.to_string()))
    }
}

fn unreadable(detail: &str) -> Error {
    Error::ModelCorrupt(format!("it cannot be read ({detail})"))
}

/// The error for a read of `n_bytes` at `offset` that leaves the file.
pub(super) fn ends_early(what: &str, offset: u64, n_bytes: usize, have_bytes: u64) -> Error {
    let needed_bytes = offset.saturating_add(n_bytes as u64);
    Error::ModelTruncated { what: what.to_owned(), needed_bytes, have_bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_past_the_end_is_an_error() {
        let source: &[u8] = &[1, 2, 3];
        let mut two = [0; 2];
        assert!(source.read_at(1, &mut two).is_ok());
        assert_eq!(two, [2, 3]);
        for offset in [2, 3, u64::MAX] {
            assert_eq!(source.read_at(offset, &mut two).unwrap_err().code(), "model_truncated");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = FileSource::open("no/such.gguf").err().unwrap();
        assert!(error.to_string().contains("no/such.gguf"), "{error}");
    }
}
