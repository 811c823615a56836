"""Make the model files that the engines are compared on: real shapes, seeded random weights.

    python benches/models/make.py target/bench/models

Files that are there and were made by this very code are left alone. With `--large` it makes one file of
a billion weights instead, which no engine is timed on: it shows what fits.
"""

import hashlib
import logging
import sys
import time
from pathlib import Path

import bert
import llama


def main(folder, large):
    folder.mkdir(parents=True, exist_ok=True)
    if large:
        path = folder / "llama-3.2-1b-q8_0.gguf"
        return None if path.exists() else timed(path.name, lambda: llama.write(path, llama.LARGE, "q8_0"))
    stamp, code = folder / "made-by", digest_of_code()
    if stamp.is_file() and stamp.read_text() == code:
        return
    stamp.unlink(missing_ok=True)
    for mix in llama.FILE_TYPES:
        timed(f"smollm2-135m-{mix}.gguf", lambda: llama.write(folder / f"smollm2-135m-{mix}.gguf", llama.SMALL, mix))
    timed("minilm-l6/", lambda: bert.write_folder(folder / "minilm-l6"))
    stamp.write_text(code)


def timed(name, make):
    started = time.monotonic()
    make()
    print(f"  {name} made in {time.monotonic() - started:.0f} s", flush=True)


def digest_of_code():
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


logging.disable(logging.WARNING)  # onnxruntime's advice on what to do before quantising
main(Path(sys.argv[1]), "--large" in sys.argv[2:])
