"""Q4_K and Q6_K, which the gguf package can read but not write. Blocks of 256 along a row.

Scales are taken from each group's range, without llama.cpp's search for better ones: the files are
made for their shape and their speed. Layouts: ggml's block_q4_K and block_q6_K.
"""

import numpy as np

BLOCK = 256


def quantize_q4_k(rows):
    """(n_rows, n_columns) floats → (n_rows, bytes per row)."""
    groups = rows.reshape(-1, 8, 32)
    minima = np.minimum(groups.min(axis=2), 0.0)
    steps = (groups.max(axis=2) - minima) / 15
    d, step_codes = six_bit(steps)
    d_min, min_codes = six_bit(-minima)
    step = d.astype(np.float32)[:, None] * step_codes
    low = d_min.astype(np.float32)[:, None] * min_codes
    codes = np.rint((groups + low[:, :, None]) / nonzero(step)[:, :, None])
    codes = codes.clip(0, 15).astype(np.uint8).reshape(-1, 4, 2, 32)
    packed = codes[:, :, 0] | codes[:, :, 1] << 4
    blocks = [as_bytes(d), as_bytes(d_min), pack_six_bit(step_codes, min_codes), packed.reshape(-1, 128)]
    return np.concatenate(blocks, axis=1).reshape(len(rows), -1)


def quantize_q6_k(rows):
    """(n_rows, n_columns) floats → (n_rows, bytes per row)."""
    groups = rows.reshape(-1, 16, 16)
    steps = np.abs(groups).max(axis=2) / 31
    d = (steps.max(axis=1) / 127).astype(np.float16)
    step_codes = np.rint(steps / nonzero(d.astype(np.float32))[:, None]).clip(0, 127).astype(np.int8)
    step = d.astype(np.float32)[:, None] * step_codes
    codes = np.rint(groups / nonzero(step)[:, :, None]).clip(-32, 31).astype(np.int8) + 32
    codes = codes.astype(np.uint8).reshape(-1, 2, 4, 32)  # (n_blocks, halves, quarters, 32)
    low, high = codes & 15, codes >> 4
    ql = np.concatenate([low[:, :, 0] | low[:, :, 2] << 4, low[:, :, 1] | low[:, :, 3] << 4], axis=2)
    qh = high[:, :, 0] | high[:, :, 1] << 2 | high[:, :, 2] << 4 | high[:, :, 3] << 6
    blocks = [ql.reshape(-1, 128), qh.reshape(-1, 64), step_codes.view(np.uint8), as_bytes(d)]
    return np.concatenate(blocks, axis=1).reshape(len(rows), -1)


def six_bit(values):
    """(n_blocks, 8) non-negative floats as one half float and eight codes of 6 bits."""
    d = (values.max(axis=1) / 63).astype(np.float16)
    codes = np.rint(values / nonzero(d.astype(np.float32))[:, None]).clip(0, 63)
    return d, codes.astype(np.uint8)


def pack_six_bit(scales, minima):
    """Sixteen codes of 6 bits in twelve bytes, the upper bits of the last eight spread over the first."""
    first = scales[:, :4] | scales[:, 4:] >> 4 << 6
    second = minima[:, :4] | minima[:, 4:] >> 4 << 6
    third = scales[:, 4:] & 15 | (minima[:, 4:] & 15) << 4
    return np.concatenate([first, second, third], axis=1)


def nonzero(values):
    return np.where(values == 0, np.float32(1), values)


def as_bytes(halves):
    return halves.view(np.uint8).reshape(-1, 2)
