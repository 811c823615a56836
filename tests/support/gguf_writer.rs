//! Writes small GGUF files with f32 tensors.

use nearside::engine::gguf::Value;

#[derive(Default)]
pub struct GgufWriter {
    n_entries: u64,
    metadata: Vec<u8>,
    n_tensors: u64,
    infos: Vec<u8>,
    data: Vec<u8>,
}

const ALIGNMENT: usize = 32;
const VERSION: u32 = 3;
const F32: u32 = 0;

impl GgufWriter {
    pub fn metadata(&mut self, key: &str, value: Value) {
        self.n_entries += 1;
        put_string(&mut self.metadata, key);
        let out = &mut self.metadata;
        match value {
            Value::Integer(n) => put(out, &[&u32_bytes(11), &(n as i64).to_le_bytes()]),
            Value::Float(x) => put(out, &[&u32_bytes(12), &x.to_le_bytes()]),
            Value::Bool(b) => put(out, &[&u32_bytes(7), &[b.into()]]),
            Value::String(s) => {
                put(out, &[&u32_bytes(8)]);
                put_string(out, &s);
            }
            Value::Strings(all) => {
                put_array(out, 8, all.len());
                all.iter().for_each(|s| put_string(out, s));
            }
            Value::Integers(all) => {
                put_array(out, 11, all.len());
                all.iter().for_each(|n| put(out, &[&n.to_le_bytes()]));
            }
            Value::Floats(all) => {
                put_array(out, 6, all.len());
                all.iter().for_each(|x| put(out, &[&x.to_le_bytes()]));
            }
        }
    }

    /// `shape` with the outermost dimension first, as everywhere in the engine.
    pub fn tensor(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.n_tensors += 1;
        put_string(&mut self.infos, name);
        put(&mut self.infos, &[&u32_bytes(shape.len() as u32)]);
        for &size in shape.iter().rev() {
            put(&mut self.infos, &[&(size as u64).to_le_bytes()]);
        }
        put(&mut self.infos, &[&u32_bytes(F32), &(self.data.len() as u64).to_le_bytes()]);
        values.iter().for_each(|x| self.data.extend(x.to_le_bytes()));
        pad(&mut self.data);
    }

    pub fn finish(self) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        put(&mut file, &[&u32_bytes(VERSION), &self.n_tensors.to_le_bytes()]);
        put(&mut file, &[&self.n_entries.to_le_bytes(), &self.metadata, &self.infos]);
        pad(&mut file);
        file.extend(self.data);
        file
    }
}

fn u32_bytes(n: u32) -> [u8; 4] {
    n.to_le_bytes()
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    put(out, &[&(text.len() as u64).to_le_bytes(), text.as_bytes()]);
}

fn put_array(out: &mut Vec<u8>, kind: u32, len: usize) {
    put(out, &[&u32_bytes(9), &u32_bytes(kind), &(len as u64).to_le_bytes()]);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}
