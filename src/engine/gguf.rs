//! The header of a GGUF file: its metadata and where each tensor lies.
//!
//! The file comes from outside, so nothing in it is believed before it is checked against the
//! file's size: no length leads to an allocation larger than the file, and no tensor may reach
//! past its end. Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::collections::BTreeMap;

use candle_core::quantized::GgmlDType;
use sha2::{Digest, Sha256};

use super::source::{ReadAt, ends_early};
use crate::{Error, Result};

const MAGIC: &[u8; 4] = b"GGUF";
const DEFAULT_ALIGNMENT: u64 = 32;

/// A parsed header.
pub struct Gguf {
    pub metadata: Metadata,
    pub tensors: BTreeMap<String, TensorInfo>,
    n_header_bytes: u64,
}

/// Where a tensor lies and how it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// Outermost dimension first, as candle orders them; GGUF stores the reverse.
    pub shape: Vec<usize>,
    pub dtype: GgmlDType,
    /// From the start of the file.
    pub offset: u64,
    pub n_bytes: usize,
}

impl TensorInfo {
    pub fn n_elements(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Gguf {
    pub fn read(source: &dyn ReadAt) -> Result<Gguf> {
        let mut header = HeaderReader::new(source);
        header.check_magic_and_version()?;
        let n_tensors = header.u64()?;
        let n_entries = header.u64()?;
        let metadata = Metadata::read(&mut header, n_entries)?;
        let alignment = metadata.u64("general.alignment").unwrap_or(DEFAULT_ALIGNMENT);
        if !alignment.is_power_of_two() || alignment > 1 << 20 {
            return Err(corrupt(format!("the alignment {alignment} is not a small power of two")));
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..n_tensors {
            let (name, info) = header.tensor_info(alignment)?;
            if tensors.insert(name.clone(), info).is_some() {
                return Err(corrupt(format!("tensor `{name}` appears twice")));
            }
        }
        let n_header_bytes = header.position();
        let data_start = n_header_bytes.next_multiple_of(alignment);
        for (name, info) in &mut tensors {
            info.offset = info.offset.saturating_add(data_start);
            let end = info.offset.saturating_add(info.n_bytes as u64);
            if end > source.size() {
                let what = format!("tensor `{name}`");
                return Err(ends_early(&what, info.offset, info.n_bytes, source.size()));
            }
        }
        Ok(Gguf { metadata, tensors, n_header_bytes })
    }

    /// A SHA-256 that tells these weights from others: over the header and the first KiB of each
    /// tensor. It is an identity for KV hand-off, not a check of the download.
    pub fn identity(&self, source: &dyn ReadAt) -> Result<String> {
        const SAMPLE_BYTES: usize = 1024;
        let mut digest = Sha256::new();
        let mut piece = [0; 4 << 10];
        let mut offset = 0;
        while offset < self.n_header_bytes {
            let n = (self.n_header_bytes - offset).min(piece.len() as u64) as usize;
            source.read_at(offset, &mut piece[..n])?;
            digest.update(&piece[..n]);
            offset += n as u64;
        }
        for info in self.tensors.values() {
            let n = info.n_bytes.min(SAMPLE_BYTES);
            source.read_at(info.offset, &mut piece[..n])?;
            digest.update(&piece[..n]);
        }
        Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The file's key-value pairs.
#[derive(Debug, Default)]
pub struct Metadata(BTreeMap<String, Value>);

/// A metadata value. Integers of every width are widened; the format's widths carry no meaning.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Integer(i128),
    Float(f64),
    Bool(bool),
    String(String),
    Strings(Vec<String>),
    Integers(Vec<i64>),
    Floats(Vec<f32>),
}

impl Metadata {
    fn read(header: &mut HeaderReader, n_entries: u64) -> Result<Metadata> {
        let mut entries = BTreeMap::new();
        for _ in 0..n_entries {
            let key = header.name("a metadata key")?;
            let value = header.value(&key)?;
            if entries.insert(key.clone(), value).is_some() {
                return Err(corrupt(format!("metadata key `{key}` appears twice")));
            }
        }
        Ok(Metadata(entries))
    }

    /// Drops the entries whose key begins with `prefix`.
    pub fn forget(&mut self, prefix: &str) {
        self.0.retain(|key, _| !key.starts_with(prefix));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub fn u64(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::Integer(n) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    pub fn u32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.u64(key)?).ok()
    }

    pub fn f32(&self, key: &str) -> Option<f32> {
        match self.get(key)? {
            Value::Float(x) => Some(*x as f32),
            Value::Integer(n) => Some(*n as f32),
            _ => None,
        }
    }

    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    pub fn str(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::String(s) => Some(s),
            _ => None,
        }
    }

    pub fn strings(&self, key: &str) -> Option<&[String]> {
        match self.get(key)? {
            Value::Strings(all) => Some(all),
            _ => None,
        }
    }

    pub fn integers(&self, key: &str) -> Option<&[i64]> {
        match self.get(key)? {
            Value::Integers(all) => Some(all),
            _ => None,
        }
    }

    pub fn floats(&self, key: &str) -> Option<&[f32]> {
        match self.get(key)? {
            Value::Floats(all) => Some(all),
            _ => None,
        }
    }
}

/// Reads the header front to back through a small window.
struct HeaderReader<'s> {
    source: &'s dyn ReadAt,
    window: Vec<u8>,
    window_start: u64,
    /// Read position within the window.
    cursor: usize,
}

impl<'s> HeaderReader<'s> {
    const WINDOW_BYTES: u64 = 16 << 10;

    fn new(source: &'s dyn ReadAt) -> HeaderReader<'s> {
        HeaderReader { source, window: Vec::new(), window_start: 0, cursor: 0 }
    }

    fn position(&self) -> u64 {
        self.window_start + self.cursor as u64
    }

    /// The next `n` bytes, which the file is known to have before anything is allocated.
    fn bytes(&mut self, n: u64) -> Result<&[u8]> {
        let (start, size) = (self.position(), self.source.size());
        let left = size.saturating_sub(start);
        if n > left {
            let n = usize::try_from(n).unwrap_or(usize::MAX);
            return Err(ends_early("the header", start, n, size));
        }
        let n = n as usize;
        if self.cursor + n > self.window.len() {
            let window_bytes = left.min(Self::WINDOW_BYTES.max(n as u64));
            self.window.resize(window_bytes as usize, 0);
            self.source.read_at(start, &mut self.window)?;
            (self.window_start, self.cursor) = (start, 0);
        }
        self.cursor += n;
        Ok(&self.window[self.cursor - n..self.cursor])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.bytes(N as u64)?.try_into().expect("`bytes` returns as many as were asked for"))
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn check_magic_and_version(&mut self) -> Result<()> {
        if &self.array()? != MAGIC {
            return Err(corrupt("it does not begin with `GGUF`"));
        }
        match self.u32()? {
            2 | 3 => Ok(()),
            version if (1..=3).contains(&version.swap_bytes()) => {
                Err(Error::ModelUnsupported("big-endian GGUF".to_owned()))
            }
            version => Err(Error::ModelUnsupported(format!("GGUF version {version}"))),
        }
    }

    /// A string that the rest of the file refers to: it must be valid UTF-8.
    fn name(&mut self, what: &str) -> Result<String> {
        let n_bytes = self.u64()?;
        let bytes = self.bytes(n_bytes)?.to_vec();
        String::from_utf8(bytes).map_err(|_| corrupt(format!("{what} is not valid UTF-8")))
    }

    fn text(&mut self) -> Result<String> {
        let n_bytes = self.u64()?;
        Ok(String::from_utf8_lossy(self.bytes(n_bytes)?).into_owned())
    }

    fn value(&mut self, key: &str) -> Result<Value> {
        match self.u32()? {
            8 => Ok(Value::String(self.text()?)),
            9 => self.array_value(key),
            kind => self.scalar(kind, key),
        }
    }

    fn scalar(&mut self, kind: u32, key: &str) -> Result<Value> {
        Ok(match kind {
            0 => Value::Integer(u8::from_le_bytes(self.array()?).into()),
            1 => Value::Integer(i8::from_le_bytes(self.array()?).into()),
            2 => Value::Integer(u16::from_le_bytes(self.array()?).into()),
            3 => Value::Integer(i16::from_le_bytes(self.array()?).into()),
            4 => Value::Integer(u32::from_le_bytes(self.array()?).into()),
            5 => Value::Integer(i32::from_le_bytes(self.array()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array()?).into()),
            7 => Value::Bool(self.array::<1>()? != [0]),
            10 => Value::Integer(u64::from_le_bytes(self.array()?).into()),
            11 => Value::Integer(i64::from_le_bytes(self.array()?).into()),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            kind => return Err(corrupt(format!("`{key}` has the unknown type {kind}"))),
        })
    }

    fn array_value(&mut self, key: &str) -> Result<Value> {
        let kind = self.u32()?;
        let n_items = self.u64()?;
        // Every item takes at least a byte, so a count beyond the file's end is never believed.
        let (start, size) = (self.position(), self.source.size());
        if n_items > size.saturating_sub(start) {
            let n = usize::try_from(n_items).unwrap_or(usize::MAX);
            return Err(ends_early(&format!("array `{key}`"), start, n, size));
        }
        match kind {
            8 => Ok(Value::Strings((0..n_items).map(|_| self.text()).collect::<Result<_>>()?)),
            6 | 12 => self.floats(kind, key, n_items),
            9 => Err(Error::ModelUnsupported(format!("nested array `{key}`"))),
            kind => self.integers(kind, key, n_items),
        }
    }

    fn floats(&mut self, kind: u32, key: &str, n_items: u64) -> Result<Value> {
        let mut items = Vec::new();
        for _ in 0..n_items {
            match self.scalar(kind, key)? {
                Value::Float(x) => items.push(x as f32),
                other => unreachable!("float kinds read as floats, not {other:?}"),
            }
        }
        Ok(Value::Floats(items))
    }

    fn integers(&mut self, kind: u32, key: &str, n_items: u64) -> Result<Value> {
        let mut items = Vec::new();
        for _ in 0..n_items {
            match self.scalar(kind, key)? {
                Value::Integer(n) => {
                    items.push(i64::try_from(n).map_err(|_| corrupt(format!("`{key}` holds {n}")))?)
                }
                Value::Bool(b) => items.push(b.into()),
                other => unreachable!("integer kinds read as integers, not {other:?}"),
            }
        }
        Ok(Value::Integers(items))
    }

    /// A tensor's name and place; `offset` is still relative to the data section.
    fn tensor_info(&mut self, alignment: u64) -> Result<(String, TensorInfo)> {
        const MAX_DIMS: u32 = 4;
        let name = self.name("a tensor's name")?;
        let n_dims = self.u32()?;
        if n_dims == 0 || n_dims > MAX_DIMS {
            return Err(corrupt(format!("tensor `{name}` has {n_dims} dimensions")));
        }
        let too_large = || corrupt(format!("the size of tensor `{name}` overflows"));
        let mut shape = Vec::new();
        for _ in 0..n_dims {
            shape.push(usize::try_from(self.u64()?).map_err(|_| too_large())?);
        }
        let dtype = dtype_of(self.u32()?, &name)?;
        let offset = self.u64()?;
        if !offset.is_multiple_of(alignment) {
            return Err(corrupt(format!("tensor `{name}` is not aligned to {alignment} bytes")));
        }
        if shape.contains(&0) || !shape[0].is_multiple_of(dtype.block_size()) {
            return Err(corrupt(format!("tensor `{name}` has shape {shape:?} as {dtype:?}")));
        }
        let n_elements = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        let n_blocks = n_elements.ok_or_else(too_large)? / dtype.block_size();
        let n_bytes = n_blocks.checked_mul(dtype.type_size()).ok_or_else(too_large)?;
        shape.reverse();
        Ok((name, TensorInfo { shape, dtype, offset, n_bytes }))
    }
}

/// The storage types that candle multiplies with.
fn dtype_of(kind: u32, name: &str) -> Result<GgmlDType> {
    Ok(match kind {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        kind => {
            let detail = format!("ggml tensor type {kind} (tensor `{name}`)");
            return Err(Error::ModelUnsupported(detail));
        }
    })
}

fn corrupt(detail: impl Into<String>) -> Error {
    Error::ModelCorrupt(detail.into())
}
