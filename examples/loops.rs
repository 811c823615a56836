//! Which recorded answers are taken for loops, by what became of them:
//!
//!     cargo run --profile fast --example loops -- train/runs/outcomes/everyday.*.jsonl
//!
//! A right answer that ended by itself should be none; each that is one is shown, with where it would
//! have been cut. Of those that reached their limit, many are.

use std::error::Error;

use nearside::routing::Repetition;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    for (finish, correct) in [("stop", 1), ("stop", 0), ("length", 1), ("length", 0)] {
        let (mut n_answers, mut n_loops) = (0, 0);
        for path in &paths {
            for line in std::fs::read_to_string(path)?.lines() {
                let row: Value = serde_json::from_str(line)?;
                let Some(answer) = row["answer"].as_str() else { continue };
                if row["finish"] != finish || row["correct"] != correct {
                    continue;
                }
                n_answers += 1;
                let Some((n_bytes, n_kept)) = found(answer) else { continue };
                n_loops += 1;
                if (finish, correct) == ("stop", 1) {
                    println!("{}: seen after {n_bytes} bytes, cut to {n_kept}", row["id"]);
                    println!("{answer}\n");
                }
            }
        }
        println!("finish {finish}, correct {correct}: {n_loops} of {n_answers} are loops");
    }
    Ok(())
}

/// After how many bytes an answer is seen to be a loop, and to how many it is cut.
fn found(answer: &str) -> Option<(usize, usize)> {
    let mut repetition = Repetition::default();
    let mut pieces = answer.split_inclusive(' ');
    let mut n_bytes = 0;
    pieces.find_map(|piece| {
        n_bytes += piece.len();
        repetition.push(piece).map(|n_kept| (n_bytes, n_kept))
    })
}
