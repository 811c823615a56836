"""Picks the questions of the quiz by which the router learns how able a model is, and writes models/quiz.json.

    python train/everyday/quiz.py

Of the questions that are learned from, those whose check a few words or a number can do, and whose answers were short,
the ones that together tell most of abilities: one by one the question that leaves the logits of all others least
uncertain (Bayesian A-optimal design), at what is assumed of a device. Simple checks must agree with the judge on all
answers that were recorded.
"""

import json
import re

import numpy as np

import ability
import fit
import recorded

PATH = recorded.HERE.parent.parent / "models/quiz.json"
N_QUESTIONS, MOST_TOKENS, MOST_LETTERS = 32, 48, 220
NUMBER = re.compile(r"\d[\d,.]*")


def simple(check):
    """The check as src/routing/quiz.rs has it; None where it has no such one."""
    kind, value = check["type"], check.get("value")
    if kind == "says":
        return {"type": "says", "value": value}
    if kind == "label":
        return {"type": "label", "value": value, "labels": check["labels"]}
    if kind == "quantity" and not check.get("tolerance"):
        return {"type": "number", "value": value}
    return None


def place(one, text):
    text, one = text.lower().replace("’", "'"), one.lower().replace("’", "'")
    found = re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)
    return found.start() if found else None


def last_number(text):
    found = re.findall(r"(?:(?<!\w)-)?\d[\d,]*(?:\.\d+)?", text.replace("−", "-").replace("–", "-"))
    return float(found[-1].replace(",", "")) if found else None


def is_right(check, answer):
    """As `Question::is_right` of src/routing/quiz.rs."""
    if check["type"] == "says":
        return any(place(one, answer) is not None for one in check["value"])
    if check["type"] == "label":
        places = [(at, one) for one in check["labels"] if (at := place(one, answer)) is not None]
        return bool(places) and min(places)[1] == check["value"]
    found = last_number(answer)
    return found is not None and abs(found - check["value"]) < 1e-9


def usable(question, check):
    check = simple(check)
    if question.part != "train" or question.before or check is None or len(question.prompt) > MOST_LETTERS:
        return None
    rows = question.answers.values()
    agrees = all(is_right(check, row["answer"]) == bool(row["correct"]) for row in rows)
    short = sorted(row["tokens"] for row in rows)[len(question.answers) // 2] <= MOST_TOKENS
    return check if agrees and short else None


def picked(ease, asked, pool):
    belief, chosen = ability.unknown(asked.shape[1]), []
    covariance, everything = belief.covariance, asked
    p = np.array([belief.right(e, a) for e, a in zip(ease, asked)])
    for _ in range(N_QUESTIONS):
        gains = []
        for i in pool:
            if i in chosen:
                gains.append(-np.inf)
                continue
            spread, weight = covariance @ asked[i], p[i] * (1 - p[i])
            moved = everything @ spread
            gains.append((moved ** 2).sum() * weight / (1 + weight * asked[i] @ spread))
        best = pool[int(np.argmax(gains))]
        spread, weight = covariance @ asked[best], p[best] * (1 - p[best])
        covariance = covariance - weight / (1 + weight * asked[best] @ spread) * np.outer(spread, spread)
        chosen.append(best)
    return chosen


def chosen(questions):
    """The quiz's questions among `questions`, in their order in the file."""
    prompts = {q.prompt: i for i, q in enumerate(questions) if not q.before}
    return [prompts[row["prompt"]] for row in json.loads(PATH.read_text())]


def main():
    questions, columns, likely, train, kinds = fit.prepared()
    of_kind, areas = ability.areas_of(questions, kinds)
    asked = ability.asks(likely, of_kind, areas)
    outcomes = fit.outcomes_of(questions)
    ease, *_ = ability.joint(columns, asked, outcomes, train)
    checks = {row["id"]: row["check"] for row in recorded.lines(recorded.HERE / "questions.jsonl")}
    found = {i: check for i, q in enumerate(questions) if (check := usable(q, checks[q.id]))}
    quiz = picked(ease, asked, list(found))
    rows = [{"prompt": questions[i].prompt, "check": found[i]} for i in quiz]
    PATH.write_text("[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n]\n")
    print(f"{len(found)} usable questions; the quiz is of {len({questions[i].kind for i in quiz})} kinds in {len({questions[i].area for i in quiz})} areas")
    for model, right in outcomes.items():
        print(model, "".join("?" if np.isnan(right[i]) else str(int(right[i])) for i in quiz))


if __name__ == "__main__":
    main()
