#!/usr/bin/env python3
"""Small handlers, each with one hole and each again without it: `ward check` must tell them apart.

A line of handlers/vulnerable/ that ends in "// expect: RULE" must have exactly that finding; no other line may have one of severity
medium or more. Files of handlers/fixed/ must have none. Usage: handlers_test.py PROGRAM (finds rules by WARD_RULES).
"""
import json, os, re, subprocess, sys

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'handlers')
run = subprocess.run([sys.argv[1], here, '--format', 'json', '--severity', 'medium', '--no-cache'], capture_output=True, text=True)
if run.returncode not in (0, 1):
    sys.exit(run.stderr)
# The scanner of secrets has names of its own for what js-hardcoded-secret finds; test_secrets.c is about them.
found = {(f['file'], f['line'], f['rule']) for f in json.loads(run.stdout)['findings'] if not f['rule'].startswith('secret-')}
want = set()
counts = {'vulnerable': 0, 'fixed': 0}
for kind in counts:
    for name in sorted(os.listdir(os.path.join(here, kind))):
        counts[kind] += 1
        for i, line in enumerate(open(os.path.join(here, kind, name)), 1):
            expected = re.search(r'// expect: (\S+)$', line.rstrip())
            if expected:
                want.add((f'{kind}/{name}', i, expected.group(1)))
for what, places in (('missed', want - found), ('false alarm', found - want)):
    for file, line, rule in sorted(places):
        print(f'{what}: {file}:{line} {rule}')
print(f"{counts['vulnerable']} vulnerable, {counts['fixed']} fixed, {len(want & found)} found, "
      f'{len(want - found)} missed, {len(found - want)} false alarms')
sys.exit(found != want)
