//! What a file begins with: whose keys and values it holds, of which tokens, and where.
//!
//! The header says nothing that its first fields do not determine: a reader computes which tensors
//! there have to be and refuses anything else, before it makes room for a single row.

use std::collections::HashMap;
use std::ops::Range;

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};

use super::layout::{Encoding, KEY_BLOCK, Layout};
use super::{Bounds, CHECKSUM_BYTES, VERSION};
use crate::engine::{KvIdentity, KvShape};
use crate::{Error, Result};

/// What tells these files from other safetensors files.
const FORMAT: &str = "nearside-kv";
/// The length of the header, which is all that stands before it.
pub const LENGTH_BYTES: usize = 8;
/// Far more than the names of a few hundred layers' tensors take.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// The header with its length before it, padded as safetensors does.
pub fn write(identity: &KvIdentity, layout: &Layout) -> Result<Vec<u8>> {
    let metadata = Metadata::new(Some(fields(identity, layout)), tensors(layout));
    let json = metadata.and_then(|metadata| Ok(serde_json::to_vec(&metadata)?));
    let mut json = json.map_err(|error: SafeTensorError| Error::KvCorrupt(error.to_string()))?;
    json.resize(json.len().next_multiple_of(LENGTH_BYTES), b' ');
    Ok([&(json.len() as u64).to_le_bytes(), json.as_slice()].concat())
}

/// Bytes of the header, by the length before it.
pub fn length(bytes: [u8; LENGTH_BYTES]) -> Result<usize> {
    let n_bytes = u64::from_le_bytes(bytes);
    if (2..=MAX_HEADER_BYTES).contains(&n_bytes) {
        return Ok(n_bytes as usize);
    }
    Err(Error::KvCorrupt(format!("its header has {n_bytes} bytes")))
}

/// Reads a header and refuses what `identity` cannot go on from or `bounds` do not allow.
pub fn read(json: &[u8], identity: &KvIdentity, bounds: Bounds) -> Result<Layout> {
    let metadata: Metadata =
        serde_json::from_slice(json).map_err(|error| Error::KvCorrupt(error.to_string()))?;
    let no_fields = HashMap::new();
    let fields = Fields(metadata.metadata().as_ref().unwrap_or(&no_fields));
    if fields.text("format")? != FORMAT {
        return Err(Error::KvCorrupt(format!("its format is not `{FORMAT}`")));
    }
    if fields.text("version")? != VERSION.to_string() {
        let found = fields.text("version")?;
        return Err(Error::KvVersion(format!("version `{found}` instead of {VERSION}")));
    }
    for (name, own) in [("model", &identity.model), ("vocabulary", &identity.vocabulary)] {
        let found = fields.text(name)?;
        if found != own {
            return Err(Error::KvForeignModel(format!("its {name} is {found:.12}, not {own:.12}")));
        }
    }
    fields.check_shape(identity.shape)?;
    let layout = Layout {
        encoding: fields.encoding()?,
        shape: identity.shape,
        positions: fields.positions()?,
    };
    check_size(&layout, json.len(), bounds)?;
    check_tensors(&metadata, &layout)?;
    Ok(layout)
}

/// Bytes of the whole file.
pub fn file_bytes(layout: &Layout, header_bytes: usize) -> u64 {
    let tokens = 4 * layout.positions.end as u64;
    let checksum = CHECKSUM_BYTES as u64;
    let layer = layout.layer_bytes() as u64 + checksum;
    (LENGTH_BYTES + header_bytes) as u64 + tokens + checksum + layout.shape.n_layers as u64 * layer
}

fn fields(identity: &KvIdentity, layout: &Layout) -> HashMap<String, String> {
    let KvShape { n_layers, n_kv_heads, head_dim } = layout.shape;
    let fields = [
        ("format", FORMAT.to_owned()),
        ("version", VERSION.to_string()),
        ("model", identity.model.clone()),
        ("vocabulary", identity.vocabulary.clone()),
        ("dtype", layout.encoding.name().to_owned()),
        ("n_layers", n_layers.to_string()),
        ("n_kv_heads", n_kv_heads.to_string()),
        ("head_dim", head_dim.to_string()),
        ("key_block", KEY_BLOCK.to_string()),
        ("start", layout.positions.start.to_string()),
        ("n_tokens", layout.positions.end.to_string()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The file's tensors in their order.
fn tensors(layout: &Layout) -> Vec<(String, TensorInfo)> {
    let mut all = Vec::new();
    let mut end = 0;
    let mut add = |name: String, dtype: Dtype, shape: Vec<usize>| {
        let start = end;
        end += shape.iter().product::<usize>() * dtype.bitsize() / 8;
        all.push((name, TensorInfo { dtype, shape, data_offsets: (start, end) }));
    };
    add("tokens".to_owned(), Dtype::U32, vec![layout.positions.end]);
    add("checksum".to_owned(), Dtype::U32, vec![1]);
    for layer in 0..layout.shape.n_layers {
        for part in layout.parts() {
            add(format!("layers.{layer}.{}", part.name), part.dtype, part.shape);
        }
        add(format!("layers.{layer}.checksum"), Dtype::U32, vec![1]);
    }
    all
}

/// Within these bounds every size and product below fits into 32 bits.
fn check_size(layout: &Layout, header_bytes: usize, bounds: Bounds) -> Result<()> {
    let n_tokens = layout.positions.end;
    if n_tokens > bounds.max_tokens {
        let what = format!("{n_tokens} tokens");
        return Err(Error::KvTooLarge { what, limit: bounds.max_tokens as u64 });
    }
    // Half floats are more than any other encoding takes.
    let rows = layout.positions.len() as u64 * layout.shape.n_layers as u64;
    let most = rows.saturating_mul(4 * layout.shape.row() as u64);
    let n_bytes = if most < u64::from(u32::MAX) { file_bytes(layout, header_bytes) } else { most };
    if n_bytes > bounds.max_bytes {
        let what = format!("{n_bytes} bytes");
        return Err(Error::KvTooLarge { what, limit: bounds.max_bytes });
    }
    Ok(())
}

fn check_tensors(metadata: &Metadata, layout: &Layout) -> Result<()> {
    let expected = tensors(layout);
    let n_found = metadata.tensors().len();
    if n_found != expected.len() {
        let detail = format!("{n_found} tensors instead of {}", expected.len());
        return Err(Error::KvGeometry(detail));
    }
    let is_missing = |(name, info): &&(String, TensorInfo)| match metadata.info(name) {
        Some(found) => {
            found.dtype != info.dtype
                || found.shape != info.shape
                || found.data_offsets != info.data_offsets
        }
        None => true,
    };
    match expected.iter().find(is_missing) {
        None => Ok(()),
        Some((name, _)) => Err(Error::KvGeometry(format!("`{name}` is not where it belongs"))),
    }
}

/// The header's own fields, which are texts.
struct Fields<'m>(&'m HashMap<String, String>);

impl Fields<'_> {
    fn text(&self, name: &str) -> Result<&str> {
        let text = self.0.get(name).map(String::as_str);
        text.ok_or_else(|| Error::KvCorrupt(format!("its header has no `{name}`")))
    }

    fn number(&self, name: &str) -> Result<usize> {
        let text = self.text(name)?;
        // 32 bits, so that a file means the same in a browser and outside.
        let number: Option<u32> = text.parse().ok();
        let number = number.map(|number| number as usize);
        number.ok_or_else(|| Error::KvCorrupt(format!("`{name}` is `{text:.20}`")))
    }

    fn check_shape(&self, shape: KvShape) -> Result<()> {
        let KvShape { n_layers, n_kv_heads, head_dim } = shape;
        for (name, own) in [
            ("n_layers", n_layers),
            ("n_kv_heads", n_kv_heads),
            ("head_dim", head_dim),
            ("key_block", KEY_BLOCK),
        ] {
            let found = self.number(name)?;
            if found != own {
                return Err(Error::KvGeometry(format!("{name} is {found}, not {own}")));
            }
        }
        Ok(())
    }

    fn encoding(&self) -> Result<Encoding> {
        let name = self.text("dtype")?;
        let known = Encoding::ALL.into_iter().find(|encoding| encoding.name() == name);
        known.ok_or_else(|| Error::KvVersion(format!("dtype `{name:.20}`")))
    }

    fn positions(&self) -> Result<Range<usize>> {
        let (start, n_tokens) = (self.number("start")?, self.number("n_tokens")?);
        if start < n_tokens {
            return Ok(start..n_tokens);
        }
        Err(Error::KvGeometry(format!("it holds the positions {start}..{n_tokens}")))
    }
}
