#!/usr/bin/env python3
"""Writes the guest prelude as one C array: embed.py OUT.c FILE.js...

The files, in order, become the body of one function of the host object, so that they share a scope that no guest sees.
"""
import pathlib
import sys

out, sources = sys.argv[1], sys.argv[2:]
text = '(function (host) {\n"use strict";\n'
for source in sources:
    text += pathlib.Path(source).read_text(encoding="utf-8")
text += "return exported;\n})\n"
data = text.encode("utf-8")
lines = ["/* Made by embed.py from the guest folder. */", '#include "wasm/prelude.h"', "", "const char prelude_text[] = {"]
for at in range(0, len(data), 20):
    lines.append("\t" + ", ".join(str(b) for b in data[at : at + 20]) + ",")
lines += ["\t0};", f"const size_t prelude_text_len = {len(data)};", ""]
pathlib.Path(out).write_text("\n".join(lines), encoding="ascii")
