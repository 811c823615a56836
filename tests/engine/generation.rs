//! Writing an answer: steps, limits, stop texts and what is reused.

use nearside::engine::{
    Engine, Finish, GenerateRequest, Generation, Model, PREFILL_CHUNK, Sampling, SamplingOptions,
    Step, gguf::Value, prefill_chunk,
};

use crate::support::{argmax, engine, with_metadata};

fn request(n_prompt: u32, max_tokens: usize) -> GenerateRequest {
    let prompt = (0..n_prompt).map(|i| 5 + i * 37 % 370).collect();
    GenerateRequest { prompt, max_tokens, ..GenerateRequest::default() }
}

/// Runs to the end: all steps, and the finish.
fn run(engine: &mut Engine, request: GenerateRequest) -> (Vec<Step>, Finish, Generation) {
    let mut generation = Generation::start(engine, request).unwrap();
    let mut steps = Vec::new();
    loop {
        match generation.step(engine).unwrap() {
            Step::Done(finish) => return (steps, finish, generation),
            step => steps.push(step),
        }
    }
}

fn text(steps: &[Step]) -> String {
    let texts = steps.iter().filter_map(|step| match step {
        Step::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn the_prompt_comes_in_chunks_then_one_token_a_step() {
    let mut engine = engine("tiny-llama.gguf");
    let (steps, finish, generation) = run(&mut engine, request(150, 5));
    let total = 150;
    let dones = [PREFILL_CHUNK, 2 * PREFILL_CHUNK, total];
    assert_eq!(steps[..3], dones.map(|done| Step::Prefilled { done, total }));
    assert_eq!((steps.len(), finish), (8, Finish::Length));
    assert_eq!((generation.n_generated(), generation.reused_tokens()), (5, 0));
    assert_eq!(engine.tokens().len(), 154, "the last token was shown, and is not read yet");
}

#[test]
fn a_slow_device_stops_sooner_and_reads_the_same() {
    assert_eq!([1e4, 300.0, 200.0, 25.0, 1.0].map(prefill_chunk), [128, 64, 32, 16, 16]);
    let of_chunks = |prefill_chunk| {
        let mut engine = engine("tiny-llama.gguf");
        let (steps, ..) = run(&mut engine, GenerateRequest { prefill_chunk, ..request(150, 5) });
        let n_prefills = steps.iter().filter(|step| matches!(step, Step::Prefilled { .. })).count();
        (n_prefills, text(&steps))
    };
    let [slow, fast, at_once] = [16, 128, 150].map(of_chunks);
    assert_eq!((slow.0, fast.0, at_once.0), (10, 2, 1));
    assert_eq!((&slow.1, &fast.1), (&at_once.1, &at_once.1));
}

#[test]
fn greedy_text_is_what_decoding_by_hand_gives() {
    let mut by_hand = engine("tiny-llama.gguf");
    let request = request(20, 12);
    let mut logits = by_hand.prefill(&request.prompt).unwrap();
    let mut ids = Vec::new();
    let mut sum_logprob = 0.0;
    for _ in 0..12 {
        let id = argmax(&logits);
        let sum: f32 = logits.iter().map(|logit| (logit - logits[id as usize]).exp()).sum();
        sum_logprob -= sum.ln();
        ids.push(id);
        logits = by_hand.decode(id).unwrap();
    }
    let (steps, _, generation) = run(&mut engine("tiny-llama.gguf"), request);
    let bytes: Vec<u8> =
        ids.iter().flat_map(|&id| by_hand.model().tokenizer().token_bytes(id)).collect();
    // A character that the limit cut off is not shown.
    let shown = text(&steps);
    assert!(String::from_utf8_lossy(&bytes).starts_with(&shown), "{shown:?} {bytes:?}");
    assert!((generation.mean_logprob() - sum_logprob / 12.0).abs() < 1e-3);
}

#[test]
fn the_common_prefix_is_reused() {
    let mut engine = engine("tiny-llama.gguf");
    let first = request(100, 3);
    let (steps, ..) = run(&mut engine, first.clone());
    let (again, _, generation) = run(&mut engine, first.clone());
    assert_eq!(generation.reused_tokens(), 99, "the last token is evaluated for its logits");
    assert_eq!(text(&again), text(&steps));

    let mut changed = first;
    changed.prompt[40] += 1;
    assert_eq!(run(&mut engine, changed).2.reused_tokens(), 40);
}

#[test]
fn a_stop_text_ends_the_answer_before_it() {
    let whole = text(&run(&mut engine("tiny-llama.gguf"), request(20, 30)).0);
    let characters: Vec<char> = whole.chars().collect();
    let stop: String = characters[8..11].iter().collect();
    let stops = GenerateRequest { stop: vec![stop.clone()], ..request(20, 30) };
    let (steps, finish, generation) = run(&mut engine("tiny-llama.gguf"), stops);
    assert_eq!(text(&steps), whole[..whole.find(&stop).unwrap()]);
    assert_eq!(finish, Finish::Stop);
    assert!(generation.n_generated() < 30);
}

#[test]
fn the_contexts_end_ends_the_answer() {
    let model = engine("tiny-llama.gguf").model().clone();
    let mut engine = Engine::new(model, 24).unwrap();
    let (_, finish, generation) = run(&mut engine, request(20, 99));
    assert_eq!((finish, generation.n_generated()), (Finish::Length, 5));
    assert_eq!(engine.tokens().len(), 24);
}

#[test]
fn no_tokens_asked_for_is_a_prefill() {
    let mut engine = engine("tiny-llama.gguf");
    let (steps, finish, _) = run(&mut engine, request(10, 0));
    assert_eq!((steps.len(), finish, engine.tokens().len()), (1, Finish::Length, 10));
}

#[test]
fn seeds_repeat_and_differ() {
    let sampled = |seed| {
        let sampling = Sampling { temperature: 1.5, seed, ..Sampling::default() };
        let request = GenerateRequest { sampling, ..request(20, 20) };
        text(&run(&mut engine("tiny-llama.gguf"), request).0)
    };
    assert_eq!(sampled(1), sampled(1));
    assert_ne!(sampled(1), sampled(2));
}

#[test]
fn a_file_says_how_its_tokens_are_drawn() {
    let said =
        |entries: &[(&str, Value)]| Model::load(&with_metadata(entries)).unwrap().info().sampling;
    assert_eq!(said(&[]), SamplingOptions::default());
    let all = said(&[
        ("general.sampling.temp", Value::Float(0.7)),
        ("general.sampling.top_k", Value::Integer(20)),
        ("general.sampling.top_p", Value::Float(0.8)),
        ("general.sampling.min_p", Value::Float(0.05)),
        ("general.sampling.penalty_repeat", Value::Float(1.1)),
    ]);
    let expected = SamplingOptions {
        temperature: Some(0.7),
        top_k: Some(20),
        top_p: Some(0.8),
        min_p: Some(0.05),
        repetition_penalty: Some(1.1),
    };
    assert_eq!(all, expected);
    // Whoever asks before it wins, field by field.
    let asked = SamplingOptions { temperature: Some(0.0), ..SamplingOptions::default() };
    let drawn = asked.or(all).with_seed(3);
    assert_eq!((drawn.temperature, drawn.top_k, drawn.seed), (0.0, 20, 3));
    let nonsense = said(&[("general.sampling.temp", Value::Float(-1.0))]);
    assert_eq!(nonsense, SamplingOptions::default(), "and the file still loads");
}

#[test]
fn requests_that_cannot_be_met_are_refused() {
    let mut engine = engine("tiny-llama.gguf");
    let bad_sampling = Sampling { top_p: 2.0, ..Sampling::default() };
    for (bad, code) in [
        (request(0, 5), "invalid_request"),
        (request(257, 5), "prompt_too_long"),
        (GenerateRequest { stop: vec![String::new()], ..request(5, 5) }, "invalid_request"),
        (GenerateRequest { sampling: bad_sampling, ..request(5, 5) }, "invalid_request"),
    ] {
        assert_eq!(Generation::start(&mut engine, bad).err().unwrap().code(), code);
    }
}
