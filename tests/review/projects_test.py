#!/usr/bin/env python3
"""Small projects as public vulnerable ones are written, each beside the same project mended: DVSA's and ServerlessGoat's kind of handlers,
TerraGoat's kind of Terraform, workflows, clusters, CDK, SST, Pulumi.

Every line of NAME/vulnerable that ends in "expect: RULE" (or stands below "expect-next: RULE") has that finding. NAME/fixed has none of
high severity or more, and none of the rules expected in its vulnerable half. Usage: projects_test.py PROGRAM (finds rules by WARD_RULES).
"""
import json, os, re, subprocess, sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'projects')


def all_findings():
    """One review of all projects, by project and half: a directory is a scope, so they do not see each other."""
    run = subprocess.run([sys.argv[1], ROOT, '--format', 'json', '--no-cache', '--no-ignore'], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(run.stderr)
    found = {}
    for f in json.loads(run.stdout)['findings']:
        name, half, path = f['file'].split('/', 2)
        found.setdefault((name, half), []).append({**f, 'file': path})
    return found


def expected(directory):
    for base, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(base, name)
            for i, line in enumerate(open(path), 1):
                m = re.search(r'expect(-next)?: (\S+)$', line.rstrip())
                if m:
                    yield os.path.relpath(path, directory), i + bool(m.group(1)), m.group(2)


holes = wrong = projects = 0
reported = all_findings()
for name in sorted(os.listdir(ROOT)):
    projects += 1
    want = set(expected(os.path.join(ROOT, name, 'vulnerable')))
    found = {(f['file'], f['line'], f['rule']) for f in reported.get((name, 'vulnerable'), [])}
    holes += len(want)
    missed = sorted(want - found)
    rules = {rule for _, _, rule in want}
    false = [f for f in reported.get((name, 'fixed'), []) if f['severity'] in ('critical', 'high') or f['rule'] in rules]
    for place in missed:
        print('missed', name, *place)
    for f in false:
        print('false alarm', name, f['file'], f['line'], f['rule'])
    wrong += len(missed) + len(false) + (not want)
print(f'{projects} projects in two forms, {holes} holes, {wrong} wrong')
sys.exit(wrong != 0 or projects < 40)
