//! Which keys and values this gateway hands over, and to whom it refuses them.

use std::sync::Arc;

use nearside::engine::{KvIdentity, Model};
use nearside::handoff::codec::{Encoding, Layout, VERSION};
use nearside::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::job::TransferRequest;

/// Where transfers are asked for, below /v1.
pub const KV_PATH: &str = "/nearside/kv";

/// What this gateway hands over, and how much of it at a time.
pub struct Handoff {
    identity: KvIdentity,
    n_vocab: usize,
    n_ctx: usize,
    max_bytes: u64,
    /// One for each transfer, from its request until its last byte has left: a transfer that waits
    /// for its receiver holds its bytes in memory.
    places: Arc<Semaphore>,
}

#[derive(Debug, Deserialize)]
pub struct KvRequest {
    /// Whose keys and values are wanted; refused if they are not this gateway's.
    model: String,
    vocabulary: String,
    /// All tokens from the dialogue's beginning.
    tokens: Vec<u32>,
    /// The first position that is wanted.
    #[serde(default)]
    start: usize,
    dtype: Encoding,
}

impl Handoff {
    pub fn new(model: &Model, n_ctx: usize, max_bytes: u64, max_transfers: usize) -> Handoff {
        Handoff {
            identity: model.kv_identity(n_ctx),
            n_vocab: model.info().n_vocab,
            n_ctx,
            max_bytes,
            places: Arc::new(Semaphore::new(max_transfers)),
        }
    }

    /// What a probe says of it: the format's version and the model.
    pub fn hint(&self) -> String {
        format!("{VERSION} {}", self.identity.model)
    }

    /// What `GET /v1/models` says of it.
    pub fn description(&self) -> Value {
        json!({
            "path": format!("/v1{KV_PATH}"),
            "version": VERSION,
            "model": self.identity.model,
            "vocabulary": self.identity.vocabulary,
            "dtypes": Encoding::ALL,
            "max_tokens": self.n_ctx,
            "max_bytes": self.max_bytes,
        })
    }

    /// Room for one transfer, if there is any.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    pub fn check(&self, request: KvRequest) -> Result<TransferRequest> {
        let KvRequest { model, vocabulary, tokens, start, dtype } = request;
        let KvIdentity { shape, .. } = self.identity;
        for (name, asked, own) in [
            ("model", model, &self.identity.model),
            ("vocabulary", vocabulary, &self.identity.vocabulary),
        ] {
            if asked != *own {
                return Err(Error::KvForeignModel(format!("the {name} here is {own:.12}")));
            }
        }
        if start >= tokens.len() {
            let detail = format!("`start` is {start} and there are {} `tokens`", tokens.len());
            return Err(Error::InvalidRequest(detail));
        }
        if let Some(id) = tokens.iter().find(|&&id| id as usize >= self.n_vocab) {
            let detail = format!("token {id} is outside the vocabulary of {}", self.n_vocab);
            return Err(Error::InvalidRequest(detail));
        }
        if tokens.len() > self.n_ctx {
            return Err(Error::PromptTooLong { n_tokens: tokens.len(), n_ctx: self.n_ctx });
        }
        let n_bytes = Layout { encoding: dtype, shape, positions: start..tokens.len() }.n_bytes();
        if n_bytes > self.max_bytes {
            let what = format!("{n_bytes} bytes");
            return Err(Error::KvTooLarge { what, limit: self.max_bytes });
        }
        Ok(TransferRequest { tokens, start, encoding: dtype })
    }
}
