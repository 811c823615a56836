//! The engine's logits after each token of a text, for benches/fidelity/compare.py to judge.
//!
//! `cargo bench --bench fidelity -- MODEL.gguf TEXT FOLDER` writes `FOLDER/ids.json`, the text's
//! tokens, and `FOLDER/logits.f32`: little-endian floats, (n_tokens, n_vocab).

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
};

use nearside::engine::{Engine, FileSource, Model};

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [model, text, folder] = arguments.as_slice() else {
        println!("give a model's file, a text's and a folder: see benches/README.md");
        return;
    };
    let source = FileSource::open(model).unwrap_or_else(|error| panic!("{model}: {error}"));
    let model = Model::load(&source).unwrap_or_else(|error| panic!("{model}: {error}"));
    let text = fs::read_to_string(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let ids = model.tokenizer().encode(&text).expect("the text has tokens");
    let folder = Path::new(folder);
    fs::create_dir_all(folder).expect("the folder can be made");
    let json = serde_json::to_string(&ids).expect("numbers are JSON");
    fs::write(folder.join("ids.json"), json).expect("the folder takes files");
    write_logits(model, &ids, &folder.join("logits.f32")).expect("the folder takes files");
    println!("{} tokens", ids.len());
}

/// Token by token, as an answer is written.
fn write_logits(model: Model, ids: &[u32], path: &Path) -> std::io::Result<()> {
    let mut engine = Engine::new(Arc::new(model), ids.len()).expect("the text is not empty");
    let mut file = BufWriter::new(File::create(path)?);
    for &id in ids {
        for logit in engine.decode(id).expect("the text fits the context") {
            file.write_all(&logit.to_le_bytes())?;
        }
    }
    file.flush()
}
