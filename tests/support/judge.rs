//! Turns with a judge that says what it is told to, on a virtual clock.

use std::cell::Cell;
use std::sync::Arc;

use nearside::Result;
use nearside::config::Config;
use nearside::dialogue::Message;
use nearside::edge::Reading;
use nearside::engine::{Engine, Model, ReadAt};
use nearside::host::sim::SimHost;
use nearside::routing::{Confidence, Score, YesOrNo};
use nearside::turn::Router;
use nearside::turn::models::ScoringModel;

/// Says `p` of every prompt, and of answers one word for each look, the last one for all that
/// follow. With none it has not learned to look.
pub struct Judge {
    p: f64,
    says: Vec<f64>,
    n_looks: Cell<usize>,
    /// What it says once the edge has read an answer; `None`: it has not learned that.
    reads: Option<f64>,
    /// What it says once the edge has said yes, and once it has said no; `None`: that tells it nothing.
    hears: Option<YesOrNo>,
}

impl Judge {
    pub fn new(p: f64, says: &[f64]) -> Judge {
        Judge { p, says: says.to_vec(), n_looks: Cell::new(0), reads: None, hears: None }
    }

    /// One that learns more from an edge's reading.
    pub fn reading(self, says: f64) -> Judge {
        Judge { reads: Some(says), ..self }
    }

    /// One that learns more from an edge's yes or no.
    pub fn hearing(self, yes: f64, no: f64) -> Judge {
        Judge { hears: Some(YesOrNo { yes, no }), ..self }
    }
}

impl ScoringModel for Judge {
    fn score(&self, _: &[Message]) -> Result<Score> {
        Ok(Score { p: self.p, device_tokens: 24.0, edge_tokens: 24.0 })
    }

    fn can_look(&self) -> bool {
        !self.says.is_empty()
    }

    fn look(&self, _: &[Message], _: &str, _: Option<Confidence>) -> Result<f64> {
        let n = self.n_looks.replace(self.n_looks.get() + 1);
        Ok(self.says[n.min(self.says.len() - 1)])
    }

    fn can_read(&self) -> bool {
        self.reads.is_some()
    }

    fn read(
        &self,
        _: &[Message],
        _: &str,
        _: Option<Confidence>,
        reading: &Reading,
    ) -> Result<f64> {
        assert!(!reading.places.is_empty());
        Ok(self.reads.expect("it is asked only if it can read"))
    }

    fn yes_or_no(&self, _: &[Message], _: &str, _: Option<Confidence>) -> Result<Option<YesOrNo>> {
        Ok(self.hears)
    }
}

pub type Judged = Router<Engine, Judge>;

/// A router with the tiny device model and a judge.
pub fn judged(p: f64, says: &[f64], config: Config, host: &SimHost) -> Judged {
    judged_over(&super::bytes("tiny-llama.gguf"), p, says, config, host)
}

pub fn judged_over(
    source: &dyn ReadAt,
    p: f64,
    says: &[f64],
    config: Config,
    host: &SimHost,
) -> Judged {
    let mut router = Router::new(config, &host).unwrap();
    let model = Arc::new(Model::load(source).unwrap());
    host.run(router.set_device(Engine::new(model, 128).unwrap(), &host)).unwrap();
    router.set_scorer(Judge::new(p, says));
    router
}

/// What a reader sees, with `|` where a draft gives way to a new answer.
pub fn shown(host: &SimHost) -> String {
    let events = host.events.borrow();
    let text = |event: &serde_json::Value| match event["type"].as_str().unwrap() {
        "delta" => event["text"].as_str().unwrap().to_owned(),
        "switch" if event["replaces"] == true => "|".to_owned(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}
