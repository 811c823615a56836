//! What was learned of how able single models are: by a quiz, by comparing answers, from what people say.
//!
//! It is kept across visits, each model under a name of its own, and never leaves the device.

use serde::{Deserialize, Serialize};

use super::ability::{Ability, Item};
use crate::dialogue::Date;

/// Models that are remembered; the one that was met longest ago goes first.
const MAX_MODELS: usize = 8;
/// What was learned goes back to what was assumed by this share with each new outcome: a model that is served
/// under the same name may become another.
const FADES: f64 = 0.002;

/// How an outcome became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Quiz,
    /// The edge has answered too, and both answers were compared.
    Check,
    /// A person said so.
    Verdict,
}

/// What is known of one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Known {
    model: String,
    /// `None` until something was learned.
    pub ability: Option<Ability>,
    /// Which questions of the quiz it got right, as far as it was asked.
    pub quiz: Vec<bool>,
    pub n_checks: usize,
    pub n_verdicts: usize,
}

/// All of them, and what was spent on learning it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Competence {
    /// The one that was met last comes last.
    models: Vec<Known>,
    spent_on: Option<Date>,
    spent_tokens: usize,
}

impl Competence {
    /// What was stored earlier, if it is usable.
    pub fn from_json(json: &str) -> Option<Competence> {
        let kept: Competence = serde_json::from_str(json).ok()?;
        let sound = |known: &Known| known.ability.as_ref().is_none_or(Ability::is_sound);
        (kept.models.len() <= MAX_MODELS && kept.models.iter().all(sound)).then_some(kept)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers and names always serialize")
    }

    pub fn of(&self, model: &str) -> Option<&Known> {
        self.models.iter().find(|known| known.model == model)
    }

    pub fn of_mut(&mut self, model: &str) -> &mut Known {
        let known = match self.models.iter().position(|known| known.model == model) {
            Some(at) => self.models.remove(at),
            None => Known { model: model.to_owned(), ..Known::default() },
        };
        let n_old = (self.models.len() + 1).saturating_sub(MAX_MODELS);
        self.models.drain(..n_old);
        self.models.push(known);
        self.models.last_mut().expect("it was just put there")
    }

    /// What is believed of a model of which this was assumed.
    pub fn ability(&self, model: &str, prior: &Ability) -> Ability {
        let kept = self.of(model).and_then(|known| known.ability.as_ref());
        let fits = |ability: &&Ability| ability.n_dimensions() == prior.n_dimensions();
        kept.filter(fits).unwrap_or(prior).clone()
    }

    /// The model was right on this question, or with what probability.
    pub fn observe(
        &mut self,
        model: &str,
        prior: &Ability,
        item: &Item,
        right: f64,
        source: Source,
    ) {
        let mut ability = self.ability(model, prior);
        ability.fade(prior, FADES);
        ability.observe(item, right);
        let known = self.of_mut(model);
        known.ability = Some(ability);
        match source {
            Source::Quiz => known.quiz.push(right > 0.5),
            Source::Check => known.n_checks += 1,
            Source::Verdict => known.n_verdicts += 1,
        }
    }

    /// How many of `per_day` tokens may still be spent today.
    pub fn tokens_left(&self, today: Date, per_day: usize) -> usize {
        match self.spent_on == Some(today) {
            true => per_day.saturating_sub(self.spent_tokens),
            false => per_day,
        }
    }

    pub fn spend(&mut self, today: Date, n_tokens: usize) {
        if self.spent_on != Some(today) {
            (self.spent_on, self.spent_tokens) = (Some(today), 0);
        }
        self.spent_tokens += n_tokens;
    }

    /// Forgets what was learned of models. What was spent today stays spent.
    pub fn forget(&mut self) {
        self.models.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item { ease: 0.0, asks: vec![1.0] }
    }

    #[test]
    fn models_are_known_apart_and_the_oldest_is_forgotten() {
        let (prior, mut learned) = (Ability::believed(&[0.0], &[1.0]), Competence::default());
        for n in 0..MAX_MODELS + 1 {
            learned.observe(&format!("model {n}"), &prior, &item(), 1.0, Source::Quiz);
        }
        assert!(learned.of("model 0").is_none());
        assert_eq!(learned.of("model 1").unwrap().quiz, [true]);
        let of = |model| learned.ability(model, &prior).right(&item());
        assert!(of("model 1") > 0.55 && of("model 0") == prior.right(&item()));
        let other = Ability::believed(&[0.0, 0.0], &[1.0, 1.0]);
        assert_eq!(learned.ability("model 1", &other), other, "of another scorer");
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_damaged_does_not() {
        let (prior, mut learned) = (Ability::believed(&[0.0], &[1.0]), Competence::default());
        learned.observe("a", &prior, &item(), 0.0, Source::Verdict);
        learned.spend(Date::new(2026, 1, 1).unwrap(), 7);
        let json = learned.to_json();
        assert_eq!(Competence::from_json(&json), Some(learned));
        assert_eq!(Competence::from_json("{"), None);
        assert_eq!(
            Competence::from_json(&json.replace("\"covariance\":[", "\"covariance\":[1,")),
            None
        );
    }

    #[test]
    fn a_day_has_its_budget() {
        let (monday, tuesday) = (Date::new(2026, 1, 5).unwrap(), Date::new(2026, 1, 6).unwrap());
        let mut learned = Competence::default();
        learned.spend(monday, 70);
        assert_eq!(
            (learned.tokens_left(monday, 100), learned.tokens_left(tuesday, 100)),
            (30, 100)
        );
        learned.forget();
        assert_eq!(learned.tokens_left(monday, 50), 0);
    }
}
