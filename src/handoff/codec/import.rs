//! Reading a file while it arrives.

use std::ops::Range;

use crc32fast::Hasher;
use half::f16;

use super::CHECKSUM_BYTES;
use super::header::{self, LENGTH_BYTES};
use super::layout::Layout;
use super::rows::decode_layer;
use crate::engine::{KvIdentity, StagedKv};
use crate::{Error, Result};

/// What a reader takes at most.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Of the whole file.
    pub max_bytes: u64,
    /// The context of the engine that is to go on.
    pub max_tokens: usize,
}

/// A file that is arriving. Nothing of it belongs to a dialogue before [`Import::finish`], and an
/// import that has failed once fails for good: drop it, and the engine has what it had.
pub struct Import {
    identity: KvIdentity,
    bounds: Bounds,
    expected: Option<(Range<usize>, Vec<u32>)>,
    section: Section,
    /// What has arrived of the section.
    arrived: Vec<u8>,
    n_taken: u64,
    checksum: Hasher,
}

enum Section {
    Length,
    Header(usize),
    Tokens(Layout),
    Layer(usize, Rows),
    Complete(StagedKv),
    Failed(Error),
}

/// The rows of the layers that are in, and room for those of one more.
struct Rows {
    layout: Layout,
    staged: StagedKv,
    keys: Vec<f16>,
    values: Vec<f16>,
}

impl Import {
    /// Of whatever tokens the file holds.
    pub fn new(identity: KvIdentity, bounds: Bounds) -> Import {
        Import {
            identity,
            bounds,
            expected: None,
            section: Section::Length,
            arrived: Vec::new(),
            n_taken: 0,
            checksum: Hasher::new(),
        }
    }

    /// Refuses a file of other tokens or positions as soon as its opening is in.
    pub fn expecting(self, positions: Range<usize>, tokens: Vec<u32>) -> Import {
        Import { expected: Some((positions, tokens)), ..self }
    }

    /// Takes the bytes of one section at most, so that no call takes long, and returns how many
    /// that were: call it until they are all taken.
    pub fn take(&mut self, bytes: &[u8]) -> Result<usize> {
        let n_missing = self.section_bytes()? - self.arrived.len();
        if n_missing == 0 && !bytes.is_empty() {
            return Err(self.fail(Error::KvCorrupt("it goes on after its end".to_owned())));
        }
        let n_taken = n_missing.min(bytes.len());
        self.arrived.extend_from_slice(&bytes[..n_taken]);
        self.n_taken += n_taken as u64;
        if n_taken == n_missing && n_taken > 0 {
            let section = std::mem::replace(&mut self.section, Section::Length);
            let arrived = std::mem::take(&mut self.arrived);
            self.section = self.read(section, &arrived).map_err(|error| self.fail(error))?;
            // The same room serves the next section, which is as large.
            self.arrived = arrived;
            self.arrived.clear();
        }
        Ok(n_taken)
    }

    /// How many of how many layers are in; `None` before the header.
    pub fn layers(&self) -> Option<(usize, usize)> {
        let total = self.identity.shape.n_layers;
        match &self.section {
            Section::Tokens(_) => Some((0, total)),
            Section::Layer(done, _) => Some((*done, total)),
            Section::Complete(_) => Some((total, total)),
            _ => None,
        }
    }

    /// All tokens up to the last position, once the opening is in.
    pub fn tokens(&self) -> Option<&[u32]> {
        match &self.section {
            Section::Layer(_, rows) => Some(rows.staged.tokens()),
            Section::Complete(staged) => Some(staged.tokens()),
            _ => None,
        }
    }

    /// What the engine can adopt, if the file has arrived as a whole.
    pub fn finish(self) -> Result<StagedKv> {
        let needed_bytes = self.needed_bytes();
        match self.section {
            Section::Complete(staged) => Ok(staged),
            Section::Failed(error) => Err(error),
            _ => Err(Error::KvTruncated { have_bytes: self.n_taken, needed_bytes }),
        }
    }

    /// Bytes of the section that is arriving.
    fn section_bytes(&self) -> Result<usize> {
        match &self.section {
            Section::Length => Ok(LENGTH_BYTES),
            Section::Header(n_bytes) => Ok(*n_bytes),
            Section::Tokens(layout) => Ok(4 * layout.positions.end + CHECKSUM_BYTES),
            Section::Layer(_, rows) => Ok(rows.layout.layer_bytes() + CHECKSUM_BYTES),
            Section::Complete(_) => Ok(0),
            Section::Failed(error) => Err(error.clone()),
        }
    }

    /// Bytes up to the end of the file as far as it is known.
    fn needed_bytes(&self) -> u64 {
        let section = self.section_bytes().unwrap_or(0) - self.arrived.len();
        let later = match &self.section {
            Section::Tokens(layout) => layers_bytes(layout, layout.shape.n_layers),
            Section::Layer(i, rows) => {
                layers_bytes(&rows.layout, rows.layout.shape.n_layers - 1 - i)
            }
            _ => 0,
        };
        self.n_taken + section as u64 + later
    }

    /// Reads a whole section; returns the one to come.
    fn read(&mut self, section: Section, bytes: &[u8]) -> Result<Section> {
        match section {
            Section::Length => {
                let length = bytes.try_into().expect("the section is as long as it should be");
                self.checksum.update(bytes);
                Ok(Section::Header(header::length(length)?))
            }
            Section::Header(_) => {
                let layout = header::read(bytes, &self.identity, self.bounds)?;
                self.checksum.update(bytes);
                Ok(Section::Tokens(layout))
            }
            Section::Tokens(layout) => self.read_tokens(layout, bytes),
            Section::Layer(layer, rows) => self.read_layer(layer, rows, bytes),
            Section::Complete(_) | Section::Failed(_) => unreachable!("nothing arrives any more"),
        }
    }

    fn read_tokens(&mut self, layout: Layout, bytes: &[u8]) -> Result<Section> {
        let tokens = self.checked(bytes, || "its opening".to_owned())?;
        let token = |four: &[u8]| u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let tokens: Vec<u32> = tokens.chunks_exact(4).map(token).collect();
        if let Some((positions, expected)) = &self.expected
            && (*positions != layout.positions || *expected != tokens)
        {
            let detail = format!("{:?} instead of {positions:?}", layout.positions);
            return Err(Error::KvOtherTokens(detail));
        }
        let start = layout.positions.start;
        let staged = StagedKv::new(self.identity.clone(), tokens, start, self.bounds.max_tokens)?;
        let rows = vec![f16::ZERO; layout.positions.len() * layout.shape.row()];
        Ok(Section::Layer(0, Rows { layout, staged, keys: rows.clone(), values: rows }))
    }

    fn read_layer(&mut self, layer: usize, mut rows: Rows, bytes: &[u8]) -> Result<Section> {
        let bytes = self.checked(bytes, || format!("layer {layer}"))?;
        let Rows { layout, staged, keys, values } = &mut rows;
        decode_layer(layout, bytes, keys, values).map_err(|error| match error {
            Error::KvNotFinite(what) => Error::KvNotFinite(format!("{what} of layer {layer}")),
            other => other,
        })?;
        staged.write(layer, layout.positions.start, keys, values);
        match layer + 1 {
            next if next < layout.shape.n_layers => Ok(Section::Layer(next, rows)),
            _ => Ok(Section::Complete(rows.staged)),
        }
    }

    /// A section without its checksum, which must be right.
    fn checked<'b>(&mut self, bytes: &'b [u8], what: impl Fn() -> String) -> Result<&'b [u8]> {
        let (content, stored) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
        self.checksum.update(content);
        match self.checksum.clone().finalize().to_le_bytes() == stored {
            true => Ok(content),
            false => Err(Error::KvChecksum(what())),
        }
    }

    fn fail(&mut self, error: Error) -> Error {
        self.section = Section::Failed(error.clone());
        self.arrived = Vec::new();
        error
    }
}

fn layers_bytes(layout: &Layout, n_layers: usize) -> u64 {
    n_layers as u64 * (layout.layer_bytes() + CHECKSUM_BYTES) as u64
}
