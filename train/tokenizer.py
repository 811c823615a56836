"""The chat tokenizer both models share: byte-level BPE with llama.cpp's `smollm` splitting."""

import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from generator import dialogue, n_turns, system_prompt

SPECIALS = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
ENDOFTEXT, SYSTEM, USER, ASSISTANT, END = range(5)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message.role + '|>' + message.content }}"
    "{% if not (loop.last and continue_final_message) %}{{ '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def generator_text(n_dialogues, seed=1):
    """Questions and answers as plain text, for training tokenizers."""
    rng = random.Random(seed)
    for _ in range(n_dialogues):
        system = system_prompt(rng)
        if system:
            yield system
        for turn in dialogue(rng, n_turns(rng)):
            yield turn.question
            yield turn.worked
            yield turn.terse


def byte_level_bpe(texts, vocab_size, split_digits, pattern=None):
    """Train a byte-level BPE. Ids 0 to 4 are the special tokens. `pattern` cuts words instead of GPT-2's."""
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None)
    cuts = [pre_tokenizers.Digits(individual_digits=True)] if split_digits else []
    cuts += [pre_tokenizers.Split(Regex(pattern), "isolated")] if pattern else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts + [byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    specials = [AddedToken(text, special=True, normalized=False) for text in SPECIALS]
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=specials, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def train(path, n_dialogues=6000):
    tokenizer = byte_level_bpe(generator_text(n_dialogues), 1024, split_digits=True)
    tokenizer.save(str(path))
    return tokenizer


def load(path):
    return Tokenizer.from_file(str(path))


def render(messages):
    """What the chat template gives for `messages`, with the assistant's turn to speak."""
    return "".join(f"<|{m['role']}|>{m['content']}<|end|>" for m in messages) + "<|assistant|>"
