//! The file that keys and values travel and rest in: a safetensors file that can be read, and
//! checked, while it arrives.
//!
//! In reading order: [`layout`] says which tensors a layer has, [`rows`] turns half floats into
//! them and back, [`header`] writes and checks what comes first, [`export`] and [`import`] go
//! through a file section by section. docs/protocol.md describes the format.
//!
//! A file is an opening, which is the header and the tokens, and then a section per layer. A
//! CRC-32 at the end of each section covers all bytes before it but the other checksums, so each
//! layer can be used up when it is in, and none can be taken from another file.

mod export;
mod header;
mod import;
mod layout;
mod rows;

pub use export::Export;
pub use import::{Bounds, Import};
pub use layout::{Encoding, KEY_BLOCK, Layout};
pub use rows::{decode_layer, encode_layer};

/// The version of the format: another number is another format.
pub const VERSION: u32 = 1;

/// Bytes of a section's checksum.
const CHECKSUM_BYTES: usize = 4;
