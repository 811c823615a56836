"""A question is in one part wherever it appears, routing figures are right, what is counted is there, padding
changes nothing, and a written file says what the model said."""

import math

import numpy as np
import torch
from scipy.sparse import csr_matrix

import encoder
from encoder import CONTEXT, General, assemble, pieces_of, word_pieces
from features import ANSWER, N_FEATURES, NAMES, features, sums, tokens
from measure import cpt, intervals, recovery, routing
from questions import Question
from probe import Head, Inputs, cross_validated, fitted, split
from rows import needed, rows, seen, shipped
from scorer_model import BERT_SPECIALS, batch_of
from ship import fold, load, write
from split import normalised, part
from states import predict, states

WORDS = [*BERT_SPECIALS, "a", "b"]


def check(prompt, expected):
    assert normalised(prompt) == expected


def test_a_question_is_compared_without_its_options():
    check("What is  2+2?\nA. 3\nB. 4", "what is 2 2")
    check("what is 2 + 2\nA. four\nB. five\nAnswer:", "what is 2 2")
    check("!!", "!!")


def test_parts_have_their_shares_and_hold_across_sets():
    parts = [part(f"question {i}") for i in range(10_000)]
    assert [round(parts.count(p) / 1000) for p in ("train", "valid", "test")] == [7, 1, 2]
    assert all(part(f"Question, {i}!\nA. yes\nB. no") == parts[i] for i in range(100))


def test_recovery_counts_what_the_edge_adds():
    device, edge = torch.tensor([0.0, 0, 1, 1]), torch.tensor([1.0, 1, 1, 1])
    best, worst = torch.tensor([4.0, 3, 2, 1]), torch.tensor([1.0, 2, 3, 4])
    assert [cpt(*recovery(best, device, edge), share) for share in (0.5, 1.0)] == [0.25, 0.5]
    assert cpt(*recovery(worst, device, edge), 0.5) == 0.75
    assert cpt(*recovery(torch.zeros(4), device, edge), 0.8) == 0.8
    assert routing(best / 5, device, edge)["auc"] == 1.0


def test_an_interval_holds_the_figure():
    device = torch.tensor([0.0, 1, 0, 1] * 50)
    scores = torch.linspace(0, 1, 200)
    (low, high), figure = intervals(scores, device, torch.ones(200))["cpt50"], routing(scores, device, torch.ones(200))
    assert low < figure["cpt50"] < high < low + 0.2


def counted(turn, answer):
    return dict(zip(NAMES, features(turn, answer), strict=True))


def test_sums_are_read_as_they_are_written():
    assert sums(tokens("3 * $12 = 36, 1,000 + 1 = 1,001, 2.5 - 1 = 2")) == (2, 1, 2.0)
    assert sums(tokens("3 full hours * 60 mph = 180; 5 / 0 = 5 and so =")) == (1, 1, 5.0)
    assert sums(tokens("2 * 3 = 6 = 5 + 1, 20 / 80 = 25%")) == (2, 0, 25.0)


def test_an_option_is_held_to_the_reasons_for_it():
    turn = "Which?\nA. 12 apples\nB. 15 pears"
    good, bad = (counted(turn, f"Apples make 12. The answer is ({letter}).") for letter in "AB")
    assert (good["stated"], good["agrees"], good["overlap"], good["agrees_with_other"]) == (1, 1, 1, 0)
    assert (bad["stated"], bad["agrees"], bad["overlap"], bad["agrees_with_other"]) == (1, -1, 0, 1)
    assert counted(turn, "Apples make 12, or")["stated"] == 0
    assert not any(counted(turn, "")[name] for name in ANSWER)


def test_what_is_counted_is_a_number_whatever_is_written():
    texts = ["", "\n", "1/0 = 0/0 = 2", "9" * 400 + " * " + "9" * 400 + " = 3", "(A) (B)", "x" * 5000, "🙂 × ½ 東京\x00"]
    for turn in texts:
        for answer in texts:
            found = features(turn, answer)
            assert len(found) == N_FEATURES and all(math.isfinite(x) for x in found), (turn, answer)


def test_rows_hold_what_is_known():
    device, edge = "Phi-3-mini-4k-instruct", "Meta-Llama-3.1-70B-Instruct"
    asked = Question("1", "s", "math", "a b", "train", {device: 0, edge: 1}, {device: 8}, {device: "a b a b"})
    names = shipped([asked])
    first, second = rows([asked], word_pieces(WORDS), names)
    at = lambda row, name: row.targets[names.index(name)].item()
    assert needed(asked, device, edge) == at(first, f"needed:{device}>{edge}") == at(second, "look") == 1
    assert math.isnan(at(first, "look")) and math.isnan(at(first, "edge_length"))
    assert math.isclose(at(first, "device_length"), math.log1p(2), rel_tol=1e-6)
    assert f"look:{device}>{edge}" in shipped([asked])
    assert seen(second, 0.5) == ([4, 5], [4, 5], features("a b", "a b"))
    assert seen(first) == ([4, 5], [], features("a b", ""))


def test_padding_changes_nothing():
    torch.manual_seed(1)
    model = General(n_pieces=50, n_outputs=5).eval()
    texts, counted = [([7, 8, 9], []), ([9] * 20, [7, 11])], torch.rand(2, N_FEATURES)
    together = model(*batch_of([assemble(*text) for text in texts]), counted)
    alone = [model(*batch_of([assemble(*text)]), counted[i:i + 1]) for i, text in enumerate(texts)]
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def looks_of(columns):
    """Looks over a vocabulary of two pieces with states of two numbers."""
    return Inputs(csr_matrix(columns), n_pieces=2)


def test_a_head_reads_what_tells():
    random = np.random.default_rng(1)
    n = 4000  # enough that a state of two numbers outweighs its penalty
    told = random.normal(size=n)
    wanted = (random.random(n) < 1 / (1 + np.exp(-2 * told))).astype(float)
    counts, groups = np.ones(n), np.arange(n)
    check = {"features": 0, "state": N_FEATURES + 4}
    for name, column in check.items():
        columns = np.zeros((n, N_FEATURES + 6))
        columns[:, 1], columns[:, column] = random.normal(size=n), told
        head = fitted(looks_of(columns), wanted, counts, groups)
        assert name in head.reads.split() and head.weights[column] > 0.5 > 0.2 > abs(head.weights[1]), (name, head)
        assert min(head.losses.values()) < 0.6


def test_shares_and_counts_weigh_as_many_rows_would():
    at, labels, weights = split(np.array([1.0, 0.25, 0.0]), np.array([1.0, 2.0, 1.0]))
    assert (at.tolist(), labels.tolist(), weights.tolist()) == ([0, 1, 1, 2], [1, 1, 0, 0], [1, 0.5, 1.5, 1])


def test_questions_that_were_learned_say_nothing_of_others():
    # Every question is asked ten times, and its answer is a coin: only who has seen it could know.
    coins = np.repeat(np.random.default_rng(2).integers(0, 2, 60), 10).astype(float)
    columns = np.zeros((600, N_FEATURES + 4 + 60))
    columns[np.arange(600), N_FEATURES + 4 + np.repeat(np.arange(60), 10)] = 1
    assert cross_validated(csr_matrix(columns), coins, np.ones(600), np.repeat(np.arange(60), 10), 10.0) > 0.6


def test_a_head_folds_into_the_model():
    torch.manual_seed(2)
    model, texts = General(n_pieces=50, n_outputs=3).eval(), [([7, 8, 7], []), ([9], [7, 11])]
    seen_here = [(*text, [0.1 * i] * N_FEATURES) for i, text in enumerate(texts)]
    inputs = Inputs.of(seen_here, states(model, seen_here), 50)
    weights = np.linspace(-1, 1, N_FEATURES + 100 + model.config.dim)
    fold(model, 1, Head(weights, 0.5, "", {}), 50)
    bag = inputs.columns[:, inputs.parts()["words"]].toarray()
    assert np.allclose(bag, encoder.bags(*batch_of([assemble(*text) for text in texts]), 50).numpy())
    assert np.allclose(predict(model, seen_here)[:, 1], inputs.columns @ weights + 0.5, atol=0.05)


def test_a_written_file_says_what_the_model_said(tmp_path):
    torch.manual_seed(3)
    model, words = General(n_pieces=len(WORDS), n_outputs=3).eval(), word_pieces(WORDS)
    model.words.weight += torch.rand(2 * len(WORDS), 3)
    write(tmp_path / "general.gguf", model, words, ["needed", "device_length", "edge_length"])
    again, tokenizer, names = load(tmp_path / "general.gguf")
    assert names == ["needed", "device_length", "edge_length"] and pieces_of(tokenizer) == WORDS
    inputs = torch.tensor([[2, 4, 5, 3]]), torch.zeros(1, 4, dtype=int), torch.ones(1, 4, dtype=bool)
    counted = torch.tensor([features("a b", "b a")])
    assert torch.allclose(model(*inputs, counted), again(*inputs, counted), atol=0.02)
