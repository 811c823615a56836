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
    let off = generation.logprobs().iter().sum::<f32>() - sum_logprob;
    assert!(off.abs() / 12.0 < 1e-3);
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

/// Dialogues of different lengths, written one by one and then together.
#[test]
fn answers_that_are_written_together_are_the_same() {
    let model = engine("tiny-llama.gguf").model().clone();
    let requests = || (0..5).map(|i| request(3 + 7 * i, 4 + i as usize));
    let fresh = || Engine::new(model.clone(), 256).unwrap();
    let alone: Vec<String> =
        requests().map(|request| text(&run(&mut fresh(), request).0)).collect();

    let mut dialogues: Vec<(Engine, Generation, String)> = requests()
        .map(|request| {
            let mut engine = fresh();
            let generation = Generation::start(&mut engine, request).unwrap();
            (engine, generation, String::new())
        })
        .collect();
    for (engine, generation, text) in &mut dialogues {
        while !generation.is_decoding() {
            if let Step::Text(piece) = generation.step(engine).unwrap() {
                text.push_str(&piece);
            }
        }
    }
    loop {
        let mut writing: Vec<_> =
            dialogues.iter_mut().filter(|(_, generation, _)| generation.is_decoding()).collect();
        let mut steps: Vec<_> = writing
            .iter_mut()
            .map(|(engine, generation, _)| (&mut *generation, &mut *engine))
            .collect();
        if steps.is_empty() {
            break;
        }
        let taken = Generation::step_together(&mut steps);
        for ((.., text), step) in writing.iter_mut().zip(taken) {
            if let Step::Text(piece) = step.unwrap() {
                text.push_str(&piece);
            }
        }
    }
    let together: Vec<String> = dialogues.into_iter().map(|(.., text)| text).collect();
    assert_eq!(together, alone);
}

/// A dialogue whose context is full, and one whose token is no word, fail alone.
#[test]
fn what_fails_in_one_dialogue_fails_there_alone() {
    let model = engine("tiny-llama.gguf").model().clone();
    let held = |n_ctx: usize| {
        let mut engine = Engine::new(model.clone(), n_ctx).unwrap();
        engine.prefill(&[5, 6, 7, 8]).unwrap();
        engine
    };
    let [mut full, mut fine, mut odd] = [4, 8, 8].map(held);
    let mut together = [&mut full, &mut fine, &mut odd];
    let logits = Engine::decode_together(&mut together, &[9, 9, u32::MAX]);
    let codes: Vec<_> =
        logits.iter().map(|logits| logits.as_ref().map_err(|error| error.code())).collect();
    assert_eq!(codes[0], Err("prompt_too_long"));
    assert_eq!(codes[2], Err("invalid_request"));
    let alone = held(8).decode(9).unwrap();
    let close = codes[1].unwrap().iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(close && fine.tokens() == [5, 6, 7, 8, 9]);
    assert_eq!((full.tokens().len(), odd.tokens().len()), (4, 4));
}

#[test]
fn the_logits_of_several_tokens_are_those_of_each() {
    let tokens = [5, 42, 79, 116, 153, 190, 227];
    let mut at_once = engine("tiny-llama.gguf");
    let kept = at_once.prefill_keeping(&tokens, 3).unwrap();
    let n_vocab = at_once.model().info().n_vocab;
    let mut one_by_one = engine("tiny-llama.gguf");
    for (i, &token) in tokens.iter().enumerate() {
        let logits = one_by_one.decode(token).unwrap();
        if let Some(row) = i.checked_sub(tokens.len() - 3) {
            let row = &kept[row * n_vocab..][..n_vocab];
            // Keys are kept in half floats, and sums are made in another order.
            assert!(row.iter().zip(&logits).all(|(a, b)| (a - b).abs() < 2e-2), "token {i}");
        }
    }
    assert_eq!(at_once.prefill_keeping(&tokens, 8).unwrap_err().code(), "invalid_request");
}

#[test]
fn the_likeliest_tokens_stand_beside_the_one_that_was_written() {
    let mut engine = engine("tiny-llama.gguf");
    let asked = GenerateRequest { n_alternatives: 3, ..request(9, 4) };
    let mut generation = Generation::start(&mut engine, asked).unwrap();
    let mut n_told = 0;
    while !matches!(generation.step(&mut engine).unwrap(), Step::Done(_)) {
        let Some(written) = generation.last() else { continue };
        n_told += 1;
        let logprobs: Vec<f32> = written.alternatives.iter().map(|other| other.logprob).collect();
        assert!(logprobs.len() == 3 && logprobs.is_sorted_by(|a, b| a >= b), "{logprobs:?}");
        assert_eq!(
            written.alternatives[0].token, written.chosen.token,
            "greedy takes the likeliest"
        );
        assert!((written.alternatives[0].logprob - written.chosen.logprob).abs() < 1e-5);
    }
    assert_eq!(n_told, 4);
}

/// What a model thinks of a text is what it thinks while it writes it.
#[test]
fn a_text_that_is_read_has_the_probabilities_it_was_written_with() {
    let mut writer = engine("tiny-llama.gguf");
    let asked = GenerateRequest { n_alternatives: 2, ..request(9, 40) };
    let mut prompt = asked.prompt.clone();
    let mut generation = Generation::start(&mut writer, asked).unwrap();
    let mut written = Vec::new();
    while !matches!(generation.step(&mut writer).unwrap(), Step::Done(_)) {
        written.extend(generation.last().cloned());
    }
    prompt.extend(written.iter().map(|written| written.chosen.token));
    let n_prompt = prompt.len();
    let read = |engine: &mut Engine, max_tokens| {
        let (n_alternatives, read_from) = (2, Some(9));
        let prompt = prompt.clone();
        let request = GenerateRequest {
            prompt,
            max_tokens,
            n_alternatives,
            read_from,
            ..GenerateRequest::default()
        };
        let (steps, finish, generation) = run(engine, request);
        assert_eq!(generation.read().len(), written.len());
        for (read, written) in generation.read().iter().zip(&written) {
            assert_eq!((read.token.token, read.rank), (written.chosen.token, 1), "it was greedy");
            assert!((read.token.logprob - written.chosen.logprob).abs() < 2e-2);
            assert_eq!(read.alternatives[0].token, read.token.token);
        }
        (text(&steps), finish)
    };
    let mut fresh = engine("tiny-llama.gguf");
    assert_eq!(read(&mut fresh, 0), (String::new(), Finish::Length), "nothing is written");
    let (one, _) = read(&mut fresh, 1);
    assert_eq!(read(&mut engine("tiny-llama.gguf"), 1).0, one, "whatever the engine held");
    assert_eq!(fresh.tokens().len(), n_prompt);
    let from = |read_from| GenerateRequest { read_from: Some(read_from), ..request(9, 1) };
    for bad in [0, 9] {
        let error = Generation::start(&mut fresh, from(bad)).err().unwrap();
        assert_eq!(error.code(), "invalid_request");
    }
}
