"""Small programming questions: functions to write or mend, what code prints, and the command for a thing.

The larger tables are in coding_tasks.py.
"""

import re

from coding_tasks import COMMANDS, FIXES, JAVASCRIPT, PRINTS, PYTHON

from question import Question, any_of, code, label, line, matches, quantity, says

ASKED = ["Write a {l} function {s} that {d}.", "{l}: write {s}. It {d}.",
         "I need a {l} function called `{n}` that {d}. It is called as `{s}`.",
         "can you write me a {l} function {s} that {d}", "Implement `{s}` in {l}: it {d}.",
         "Please write {s} in {l}, which {d}. Code only.", "Show me a {l} function `{s}` that {d}.",
         "How do I write a function {s} in {l} that {d}?", "{l} function {s} that {d}, please",
         "Could you help me? I'm learning {l} and need a function {s} that {d}.",
         "give me {s} in {l}: {d}. keep it simple",
         "Write `{s}` in {l}. The function {d}."]
FENCED = ["```{f}\n{c}\n```", "Here is the function:\n\n```{f}\n{c}\n```", "Sure!\n\n```{f}\n{c}\n```\n\nIt {d}.",
          "```{f}\n{c}\n```\nHope this helps!"]
PRINT_ASKED = ["What does this {l} code print?\n\n{c}", "What's the output of this {l}?\n{c}",
               "{c}\n\nwhat will this print ({l})",
               "Tell me what this {l} snippet prints:\n\n{c}", "I ran this in {l}, what did I see?\n{c}",
               "{l} output?\n{c}", "Please tell me the output of the following {l} code.\n\n{c}",
               "Without running it: what does this {l} print?\n{c}"]
PRINT_TOLD = ["The output is:\n\n```\n{}\n```", "It prints `{}`.", "{}", "This prints {}.",
              "The code will print **{}**"]
FIX_ASKED = ["This {l} function should {d}, but it doesn't. Can you fix it?\n\n{c}", "Fix the bug, it should {d}:\n{c}",
             "{c}\n\nThis is meant to {d}. What is wrong? Give me the corrected {l} code.",
             "My {l} code should {d} but gives wrong results. Please correct it.\n\n{c}",
             "there's a mistake in this function, it must {d}. fix it please\n{c}",
             "Debug this {l} for me. Goal: {d}.\n\n{c}", "Find and repair the error. The function should {d}.\n{c}",
             "Correct this {l} function so that it will {d}:\n\n{c}"]
FIX_TOLD = ["Here is the corrected version:\n\n```{f}\n{c}\n```", "```{f}\n{c}\n```",
            "There was a small mistake. Fixed:\n```{f}\n{c}\n```\nNow it works as wanted."]
COMMAND_TOLD = ["`{}`", "You can use `{}`.", "It's **`{}`**.", "Use `{}` for that.", "That would be {}."]
NAMES = {"python": "Python", "javascript": "JavaScript"}


def indented(body, by):
    return "\n".join(by + one for one in body.split("\n"))


def python_source(name, args, body):
    return f"def {name}({args}):\n" + indented(body, "    ")


def javascript_source(name, args, body):
    return f"function {name}({args}) {{\n" + indented(body, "  ") + "\n}"


def shown(rng, body, call):
    """The body with its last `return` made into a call that only shows the value, as beginners write."""
    start, _, value = body.rpartition("return ")
    return f"{start}{call}({value.rstrip(';')})" + (";" if value.endswith(";") else "")


def functions(language, table, source, call):
    """A kind that asks for each function of a table."""
    def make_all(rng):
        for name, args, does, body, tests in table:
            signature = f"{name}({args})"
            prompt = rng.choice(ASKED).format(l=NAMES[language], s=signature, n=name, d=does)
            told = rng.choice(FENCED)
            right, wrong = (told.format(f=language, c=source(name, args, one), d=does)
                            for one in (body, shown(rng, body, call)))
            yield Question(prompt, code(language, name, tests), right, wrong)
    return make_all


def printed(output, wrong, source):
    """How to see that an answer says that `source` prints `output`."""
    bare = output.strip("\"'")
    if bare.lower() in ("true", "false"):
        return any_of(label(bare, [bare, wrong]), line(bare))
    if bare.lstrip("-").replace(".", "", 1).isdigit():
        number = re.escape(bare)
        alone = matches(rf"^[\s`*>]*{number}[\s`*.]*$", "im")
        said = matches(rf"\b(?:output|prints?|printed|result)\b[^\d.]{{0,30}}(?<![\d.-]){number}(?!\d|\.\d)")
        return any_of(quantity(float(bare)), alone, said)
    if bare[0] == "[":
        parts = [re.sub("'", "['\"]", part.strip()) for part in bare.strip("[]").split(",")]
        return matches(r"(?<![\d.])" + r"\s*,\s*".join(parts) + r"(?!\s*,|\d)")
    if "\n" in bare:
        return matches(r"(?<!\w)" + r"[\s`,]+(?:and )?".join(bare.split("\n")) + r"(?!\w|[\s,`]+\d)")
    if re.search(rf"\b{bare}\b", source):
        return any_of(label(bare, [bare, wrong]), line(bare))
    return matches(rf"(?<![\w-]){bare}(?![\w-])", "")


def code_output(rng):
    for language, source, output, wrong in PRINTS:
        fence = source if rng.random() < 0.3 else f"```{language}\n{source}\n```"
        prompt = rng.choice(PRINT_ASKED).format(l=NAMES[language], c=fence)
        told = rng.choice(PRINT_TOLD)
        yield Question(prompt, printed(output, wrong, source), told.format(output), told.format(wrong))


def code_fix(rng):
    for language, name, broken, bug, mended, goal, tests in FIXES:
        fixed = broken.replace(bug, mended)
        fence = broken if rng.random() < 0.3 else f"```{language}\n{broken}\n```"
        prompt = rng.choice(FIX_ASKED).format(l=NAMES[language], c=fence, d=goal)
        told = rng.choice(FIX_TOLD)
        right, wrong = (told.format(f=language, c=one) for one in (fixed, broken))
        yield Question(prompt, code(language, name, tests), right, wrong)


def commands(rng):
    """Each of a table's questions; a pattern of its own where the answer is not simply said."""
    for prompt, answers, wrong in COMMANDS:
        check = matches(answers[1], answers[2]) if isinstance(answers, tuple) else says(*answers)
        told = rng.choice(COMMAND_TOLD)
        yield Question(prompt, check, told.format(answers[0]), told.format(wrong))


KINDS = {"python-functions": functions("python", PYTHON, python_source, "print"),
         "javascript-functions": functions("javascript", JAVASCRIPT, javascript_source, "console.log"),
         "code-output": code_output, "code-fix": code_fix, "shell-sql-regex": commands}
