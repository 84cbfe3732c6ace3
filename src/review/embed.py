#!/usr/bin/env python3
"""Writes a data file as a C array: embed.py OUT.c NAME FILE makes NAME_text and NAME_text_len."""
import pathlib
import sys

out, name, source = sys.argv[1:4]
data = pathlib.Path(source).read_bytes()
lines = ["/* Made by embed.py. */", "#include <stddef.h>", "", f"extern const char {name}_text[];", f"extern const size_t {name}_text_len;",
         f"const char {name}_text[] = {{"]
for at in range(0, len(data), 20):
    lines.append("\t" + ", ".join(str(b if b < 128 else b - 256) for b in data[at : at + 20]) + ",")
lines += ["\t0};", f"const size_t {name}_text_len = {len(data)};", ""]
pathlib.Path(out).write_text("\n".join(lines), encoding="ascii")
