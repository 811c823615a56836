//! The device's LLM and BERT.
