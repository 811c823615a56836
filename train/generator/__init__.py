"""The project's own question generator. Every question carries its two answers and a check."""

from .dialogue import SKILLS, dialogue, n_turns, question, system_prompt
from .turn import Turn, check, held_out

__all__ = ["SKILLS", "Turn", "check", "dialogue", "held_out", "n_turns", "question", "system_prompt"]
