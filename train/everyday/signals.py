"""What the probabilities of an answer's tokens say of it; `src/routing/signals.rs` is this file in Rust."""

import math

OWN = ["mean_doubt", "least_doubt", "first_doubt", "first_five_doubt", "quarter_doubt", "tokens"]
READ = ["read_mean_doubt", "read_least_doubt", "read_worst_gap", "read_mean_gap", "read_first_gap", "read_others", "read_ends"]
NAMES = OWN + READ
LEAST_DOUBT = 1e-3


def doubt(logprob):
    return math.log(LEAST_DOUBT - min(logprob, 0.0))


def mean(values):
    return sum(values) / max(len(values), 1)


def of_device(logprobs):
    """The device's own word on its tokens; NaN where it wrote none."""
    if not logprobs:
        return [math.nan] * len(OWN)
    ordered = sorted(logprobs)
    told = [mean(logprobs), ordered[0], logprobs[0], mean(logprobs[:5]), ordered[len(ordered) // 4]]
    return [*map(doubt, told), math.log1p(len(logprobs))]


def of_edge(reading):
    """An edge's word on them: `places` of [logprob, the likeliest one's, rank], `next` empty where it would end."""
    if not reading or not reading["places"]:
        return [math.nan] * len(READ)
    own, best, ranks = zip(*reading["places"])
    gaps = [max(b - o, 0.0) for o, b in zip(own, best)]
    return [doubt(mean(own)), doubt(min(own)), max(gaps), mean(gaps), gaps[0],
            mean([rank > 1 for rank in ranks]), float(not reading["next"])]
