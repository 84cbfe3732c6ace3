"""Turns common_words.txt into a sorted C table, with the forms in which people build passwords from names."""
import sys

sections, section = {}, None
for line in open(sys.argv[1], encoding="ascii"):
    line = line.split("#")[0].strip()
    if line.startswith("["):
        section = sections.setdefault(line.strip("[]"), [])
    elif line:
        section.extend(line.split())

words = {w for part in sections.values() for w in part}
for name in sections["names"] + sections["pets"]:
    words.update({"ilove" + name, name + "love", "my" + name, "love" + name, "iam" + name})
seasons = "spring summer autumn fall winter january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday".split()
for word in seasons:
    words.update({word + "time", "my" + word, "happy" + word})
for word in "password welcome login admin test user secret qwerty hello".split():
    words.update({word + w for w in "password welcome login admin test user secret qwerty hello me my you now here is one".split()})

with open(sys.argv[2], "w", encoding="ascii") as out:
    out.write("/* Made from common_words.txt by make_common.py when ward is built. */\n")
    out.write("static const char *const common_words[] = {\n")
    out.writelines('\t"%s",\n' % w for w in sorted(words))
    out.write("};\n")
