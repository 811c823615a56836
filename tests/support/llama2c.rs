//! Turns a llama2.c checkpoint (legacy format) and its tokenizer into a GGUF file.
//!
//! Formats: `export.py` (legacy_export) and `tokenizer.py` of karpathy/llama2.c.

use std::{fs, path::Path};

use nearside::engine::gguf::Value;

use super::gguf_writer::GgufWriter;

/// Reads little-endian numbers front to back.
struct Reader {
    bytes: Vec<u8>,
    at: usize,
}

impl Reader {
    fn open(path: &Path) -> Reader {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Reader { bytes, at: 0 }
    }

    fn take(&mut self, n: usize) -> &[u8] {
        self.at += n;
        &self.bytes[self.at - n..self.at]
    }

    fn i32(&mut self) -> i32 {
        i32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn f32(&mut self) -> f32 {
        f32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn floats(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.f32()).collect()
    }
}

/// The GGUF file of `checkpoint` with the vocabulary of `tokenizer`.
pub fn to_gguf(checkpoint: &Path, tokenizer: &Path) -> Vec<u8> {
    let mut file = Reader::open(checkpoint);
    let [n_embd, n_ff, n_layers, n_heads, n_kv_heads, n_vocab, n_ctx] =
        std::array::from_fn(|_| file.i32());
    let tied = n_vocab > 0;
    let n_vocab = n_vocab.unsigned_abs() as usize;
    let mut writer = GgufWriter::default();
    writer.metadata("general.architecture", Value::String("llama".to_owned()));
    for (key, value) in [
        ("embedding_length", n_embd),
        ("feed_forward_length", n_ff),
        ("block_count", n_layers),
        ("attention.head_count", n_heads),
        ("attention.head_count_kv", n_kv_heads),
        ("context_length", n_ctx),
    ] {
        writer.metadata(&format!("llama.{key}"), Value::Integer(value.into()));
    }
    writer.metadata("llama.attention.layer_norm_rms_epsilon", Value::Float(1e-5));
    vocabulary(&mut writer, &mut Reader::open(tokenizer), n_vocab);

    let [n_embd, n_ff, n_layers] = [n_embd, n_ff, n_layers].map(|n| n as usize);
    let head_dim = n_embd / n_heads as usize;
    let kv_dim = n_kv_heads as usize * head_dim;
    writer.tensor("token_embd.weight", &[n_vocab, n_embd], &file.floats(n_vocab * n_embd));
    // Each kind of tensor comes for all layers before the next kind.
    for (name, shape) in [
        ("attn_norm", vec![n_embd]),
        ("attn_q", vec![n_embd, n_embd]),
        ("attn_k", vec![kv_dim, n_embd]),
        ("attn_v", vec![kv_dim, n_embd]),
        ("attn_output", vec![n_embd, n_embd]),
        ("ffn_norm", vec![n_embd]),
        ("ffn_gate", vec![n_ff, n_embd]),
        ("ffn_down", vec![n_embd, n_ff]),
        ("ffn_up", vec![n_ff, n_embd]),
    ] {
        for layer in 0..n_layers {
            let values = file.floats(shape.iter().product());
            writer.tensor(&format!("blk.{layer}.{name}.weight"), &shape, &values);
        }
    }
    writer.tensor("output_norm.weight", &[n_embd], &file.floats(n_embd));
    if !tied {
        file.floats(n_ctx as usize * head_dim); // Rotary tables, which the engine computes.
        writer.tensor("output.weight", &[n_vocab, n_embd], &file.floats(n_vocab * n_embd));
    }
    writer.finish()
}

/// Ids 0 to 2 are unknown, BOS and EOS, the next 256 are bytes, the rest are pieces with a score.
fn vocabulary(writer: &mut GgufWriter, file: &mut Reader, n_vocab: usize) {
    let _longest_piece = file.i32();
    let (mut tokens, mut scores, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for id in 0..n_vocab {
        scores.push(file.f32());
        let n_bytes = file.i32() as usize;
        let piece = String::from_utf8(file.take(n_bytes).to_vec()).unwrap();
        kinds.push(match id {
            0 => 2,
            1 | 2 => 3,
            3..=258 => 6,
            _ => 1,
        });
        tokens.push(match id {
            0 => "<unk>".to_owned(),
            1 => "<s>".to_owned(),
            2 => "</s>".to_owned(),
            3..=258 => format!("<0x{:02X}>", id - 3),
            _ => piece.replace(' ', "▁"),
        });
    }
    writer.metadata("tokenizer.ggml.model", Value::String("llama".to_owned()));
    writer.metadata("tokenizer.ggml.tokens", Value::Strings(tokens));
    writer.metadata("tokenizer.ggml.scores", Value::Floats(scores));
    writer.metadata("tokenizer.ggml.token_type", Value::Integers(kinds));
    writer.metadata("tokenizer.ggml.bos_token_id", Value::Integer(1));
    writer.metadata("tokenizer.ggml.eos_token_id", Value::Integer(2));
    writer.metadata("tokenizer.ggml.unknown_token_id", Value::Integer(0));
}
