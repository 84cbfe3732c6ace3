#!/usr/bin/env python3
"""Writes a text file as a C array: embed_text.py NAME INPUT OUTPUT."""
import sys

name, source, target = sys.argv[1:]
data = open(source, "rb").read()
rows = "\n".join("\t" + ", ".join(str(b) for b in data[i:i + 24]) + "," for i in range(0, len(data), 24))
with open(target, "w") as out:
    out.write(f"/* Made from {source.split('/')[-1]}. */\n#include <stddef.h>\n\n")
    out.write(f"static const char {name}[] = {{\n{rows}\n}};\nstatic const size_t {name}_bytes = sizeof {name};\n")
