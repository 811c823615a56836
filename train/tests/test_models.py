"""Export keeps the models, padding and caching do not change answers, and targets sit on answers."""

import math

import torch
from gguf import GGMLQuantizationType as Kind

import scorer_model
import tokenizer as tok
from corpus import Corpus
from export import (llama_names, quantised, read_bpe, read_llama, read_scorer, tensors_of, write_llama,
                    write_scorer)
from features import features
from fixtures import TEXTS, randomise, tiny_bpe, wordpiece
from generate import answer_all
from model import Config, Llama
from operating_point import Outcomes, thresholds, without_looks
from outcomes import ends
from scorer import auc, calibration, logistic, second_look

TINY = Config(dim=32, n_layers=2, n_heads=2, n_kv_heads=1, ffn=64, vocab=384, context=256)


def test_a_written_model_reads_back_as_quantised(tmp_path):
    for kind in (Kind.F32, Kind.Q8_0):
        model = randomise(Llama(TINY), 1)
        write_llama(tmp_path / "m.gguf", model, tiny_bpe(), "m", kind)
        read, kept = tensors_of(tmp_path / "m.gguf"), llama_names(quantised(model, kind).state_dict())
        assert read.keys() == kept.keys()
        assert all(torch.equal(read[name], kept[name]) for name in read)


def test_a_written_chat_model_is_all_that_is_needed_to_ask_it(tmp_path):
    model, bpe = randomise(Llama(TINY), 3), tiny_bpe()
    write_llama(tmp_path / "m.gguf", model, bpe, "m")
    read, ids = read_llama(tmp_path / "m.gguf"), torch.tensor([[5, 6, 7]])
    assert torch.equal(read(ids), quantised(model)(ids))
    again = read_bpe(tmp_path / "m.gguf")
    assert all(again.encode(text).ids == bpe.encode(text).ids for text in TEXTS)


def test_a_written_scorer_reads_back_as_quantised(tmp_path):
    words = wordpiece()
    config = scorer_model.ScorerConfig(dim=32, n_heads=2, ffn=64, vocab=words.get_vocab_size())
    model = randomise(scorer_model.PairScorer(config), 4)
    write_scorer(tmp_path / "s.gguf", model, words, "s")
    read, again = read_scorer(tmp_path / "s.gguf")
    kept = quantised(model).state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in read.state_dict().items())
    assert all(again.encode(text).ids == words.encode(text).ids for text in TEXTS)


def test_batched_answers_equal_single_ones():
    model = randomise(Llama(TINY).eval(), 2)
    prompts = [[5, 6, 7], [9] * 11, [100, 20, 30, 40, 50]]
    alone = [answer_all(model, [prompt], most=12)[0] for prompt in prompts]
    assert [answer.ids for answer in answer_all(model, prompts, most=12)] == [answer.ids for answer in alone]
    ids = list(prompts[0])
    for token, logprob in zip(alone[0].ids, alone[0].logprobs, strict=True):
        logprobs = model(torch.tensor([ids]))[0, -1].log_softmax(-1)
        assert logprobs.argmax() == token and math.isclose(logprobs[token].item(), logprob, abs_tol=1e-4)
        ids.append(token)


def test_loss_is_on_answers_only():
    bpe = tiny_bpe()
    rows, targets = Corpus(bpe, "terse").rows("rows", 4, 128)
    for ids, wanted in zip(rows, targets):
        assert len(ids) == len(wanted) == 128
        role = None
        for token, target in zip(ids, wanted):
            role = token if token in (tok.SYSTEM, tok.USER, tok.ASSISTANT) else role
            assert target == -100 or role == tok.ASSISTANT


def test_scorer_segments_and_limits():
    words = scorer_model.train_wordpiece(["add and hi yes word sum plus a / ?"] * 3, 80)
    pieces = words.encode("347", add_special_tokens=False).tokens
    assert pieces == ["3", "##4", "##7"]
    user, reply = {"role": "user", "content": "hi " * 90}, {"role": "assistant", "content": "yes " * 90}
    ids, types = scorer_model.encode(words, [user, reply, user])
    assert len(ids) == 1 + 64 + 1 + 60 + 1 and types == [0] * 66 + [1] * 61
    assert scorer_model.encode(words, [user])[1] == [0] * 66
    ids, types = scorer_model.encode(words, [user, reply, user], "sum " + "yes " * 59 + "hi")
    assert types == [0] * 66 + [1] * 61 and ids[-2:] == [words.token_to_id("hi"), scorer_model.SEP]
    assert words.token_to_id("sum") not in ids


def test_a_look_sees_what_was_written_by_then():
    bpe = tiny_bpe()
    text = "4 × 2 = 8."
    ids = bpe.encode(text).ids
    logprobs = [-0.1 * i for i in range(len(ids))]
    row = {"messages": [{"role": "user", "content": "4 times 2?"}], "edge": {"right": True},
           "device": {"right": False, "text": text, "ends": ends(bpe, ids), "logprobs": logprobs}}
    assert row["device"]["ends"][-1] == len(text) and sorted(row["device"]["ends"]) == row["device"]["ends"]
    words = wordpiece()
    for n in range(1, len(ids) + 1):
        seen, _, beside, targets = second_look(words, row, n / len(ids))
        written = bpe.decode(ids[:n]).rstrip("\ufffd")
        assert seen == scorer_model.encode(words, row["messages"], written)[0] and targets[3] == 1.0
        doubts = scorer_model.doubts(sum(logprobs[:n]) / n, logprobs[n - 1])
        assert beside == (*doubts, *features("4 times 2?", written))


def test_measures_of_the_scorer():
    assert auc(torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0.0, 0, 1, 1])) == 0.75
    assert auc(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1])) == 0.5
    curve, error = calibration(torch.tensor([0.25, 0.25, 0.75, 0.75]), torch.tensor([0.0, 1, 1, 1]))
    assert [row[2] for row in curve] == [2, 2] and abs(error - 0.25) < 1e-6


def test_a_logistic_regression_finds_the_odds():
    labels = torch.tensor([0.0] * 3 + [1.0] + [0.0] + [1.0] * 3)
    weight, bias = logistic(torch.tensor([[0.0]] * 4 + [[1.0]] * 4), labels)
    assert math.isclose(bias, -math.log(3), abs_tol=1e-3) and math.isclose(weight, 2 * math.log(3), abs_tol=1e-3)


def test_thresholds_call_no_more_than_they_must():
    """The edge is always right; the first look doubts all alike, the last knows where the device is wrong."""
    device = torch.tensor([1.0, 1.0, 1.0, 0.0])
    last = torch.tensor([0.1, 0.2, 0.3, 0.9])
    outcomes = Outcomes(torch.full((4000,), 0.45), last.repeat(1000), device.repeat(1000), torch.ones(4000))
    assert thresholds(outcomes) == {"theta": 0.3, "second_look": {"theta": 0.3, "margin": 0.15}}
    assert without_looks(outcomes) == 0.44
    assert outcomes.routed(0.45, 0.3) == (0.25, 1.0) and math.isclose(outcomes.oracle_calls(), 0.24)
