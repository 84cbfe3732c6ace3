#!/usr/bin/env python3
"""Projects whose lines say what must be found: a line that ends in "expect: RULE" has that finding, no other line has one of the rules
whose names begin with PREFIX. Usage: expected_test.py PROGRAM DIR PREFIX (finds rules by WARD_RULES)."""
import json, os, re, subprocess, sys

program, root, prefix = sys.argv[1:4]
found, want = set(), set()
for project in sorted(os.listdir(root)):
    run = subprocess.run([program, os.path.join(root, project), '--format', 'json', '--no-cache'], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(run.stderr)
    found |= {(project, f['file'], f['line'], f['rule']) for f in json.loads(run.stdout)['findings'] if f['rule'].startswith(prefix)}
    for base, _, names in os.walk(os.path.join(root, project)):
        for name in names:
            path = os.path.join(base, name)
            for i, line in enumerate(open(path), 1):
                expected = re.search(r'expect: (\S+)$', line.rstrip())
                if expected:
                    want.add((project, os.path.relpath(path, os.path.join(root, project)), i, expected.group(1)))
for what, places in (('missed', want - found), ('false alarm', found - want)):
    for place in sorted(places):
        print(what, *place)
print(f'{len(want & found)} of {len(want)} found, {len(found - want)} false alarms')
sys.exit(found != want)
