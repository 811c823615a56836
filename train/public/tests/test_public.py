"""A question is in one part wherever it appears, routing figures are right, and the last layer's short cut is exact."""

import math

import torch

from encoder import CONTEXT, General, word_pieces
from measure import cpt, recovery, routing
from questions import Question
from rows import needed, outputs, rows, seen, shipped
from scorer_model import Scorer
from split import normalised, part
from traits import sums, text_of


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


def test_sums_are_read_off_pieces():
    pieces = "3 * $ 1 ##2 = 3 ##6 , 1 , 0 ##0 ##0 + 1 = 1 , 0 ##0 ##1 , 2 . 5 - 1 = 2".split()
    assert text_of(pieces) == "3 * $ 12 = 36 , 1000 + 1 = 1001 , 2.5 - 1 = 2"
    assert sums(text_of(pieces)) == (2, 1)


def test_rows_hold_what_is_known():
    device, edge = "Phi-3-mini-4k-instruct", "Meta-Llama-3.1-70B-Instruct"
    asked = Question("1", "s", "math", "a b", "train", {device: 0, edge: 1}, {device: 8}, {device: "a b a b"})
    names = outputs([asked])
    first, second = rows([asked], word_pieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"]), names)
    at = lambda row, name: row.targets[names.index(name)].item()
    assert needed(asked, device, edge) == at(first, f"needed:{device}>{edge}") == at(second, "look") == 1
    assert math.isnan(at(first, "look")) and math.isnan(at(first, "edge_length"))
    assert math.isclose(at(first, "device_length"), math.log1p(2), rel_tol=1e-6)
    assert f"look:{device}>{edge}" in shipped([asked])
    assert seen(second, 0.5) == ([4, 5], [4, 5]) and seen(first) == ([4, 5], [])


def test_the_last_layer_computes_only_what_is_read():
    torch.manual_seed(1)
    model = General(n_pieces=50, n_outputs=5).eval()
    ids, types = torch.randint(50, (2, CONTEXT)), torch.randint(2, (2, CONTEXT))
    real = torch.arange(CONTEXT) < torch.tensor([[CONTEXT], [7]])
    short, whole = model(ids, types, real), Scorer.forward(model, ids, types, real)
    assert torch.allclose(short, whole, atol=1e-5)
