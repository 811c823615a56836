"""Export keeps the models, padding and caching do not change answers, and targets sit on answers."""

import torch
from gguf import GGMLQuantizationType as Kind

import scorer_model
import tokenizer as tok
from corpus import Corpus
from export import llama_names, quantised, tensors_of, write_llama
from fixtures import randomise, tiny_bpe
from generate import answer_all
from model import Config, Llama
from scorer import auc, calibration

TINY = Config(dim=32, n_layers=2, n_heads=2, n_kv_heads=1, ffn=64, vocab=384, context=256)


def test_a_written_model_reads_back_as_quantised(tmp_path):
    for kind in (Kind.F32, Kind.Q8_0):
        model = randomise(Llama(TINY), 1)
        write_llama(tmp_path / "m.gguf", model, tiny_bpe(), "m", kind)
        read, kept = tensors_of(tmp_path / "m.gguf"), llama_names(quantised(model, kind).state_dict())
        assert read.keys() == kept.keys()
        assert all(torch.equal(read[name], kept[name]) for name in read)


def test_batched_answers_equal_single_ones():
    model = randomise(Llama(TINY).eval(), 2)
    prompts = [[5, 6, 7], [9] * 11, [100, 20, 30, 40, 50]]
    alone = [answer_all(model, [prompt], most=12)[0] for prompt in prompts]
    assert answer_all(model, prompts, most=12) == alone
    ids = list(prompts[0])
    for token in alone[0]:
        assert model(torch.tensor([ids]))[0, -1].argmax() == token
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


def test_measures_of_the_scorer():
    assert auc(torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0.0, 0, 1, 1])) == 0.75
    assert auc(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1])) == 0.5
    curve, error = calibration(torch.tensor([0.25, 0.25, 0.75, 0.75]), torch.tensor([0.0, 1, 1, 1]))
    assert [row[2] for row in curve] == [2, 2] and abs(error - 0.25) < 1e-6
