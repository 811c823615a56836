//! The engine as a whole, against the training framework's numbers and against broken files.

#[path = "../support/mod.rs"]
mod support;

mod broken_files;
mod dialogue_state;
mod dialogues;
mod generation;
mod golden;
mod kv_files;
mod kv_refusals;
mod prompts;
