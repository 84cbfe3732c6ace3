#!/usr/bin/env python3
"""Scores ward check on the iac family of the outside test data.

Every file is reviewed alone, in a directory of its own, since the cases are independent and a directory is a scope. iac_map.txt
says which of ward's rules look for what each rule of the family looks for; only findings of those count for its files. A finding
must be on the expected line. Prints recall and precision by severity and platform; --json FILE writes the details.
"""
import argparse, collections, json, os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))


def read_map(path):
    rules = {}
    for line in open(path):
        words = line.split('#')[0].split()
        if words:
            rules[words[0]] = words[1:]
    return rules


def lay_out(data, work):
    """One directory a file; what is not a positive or negative case (keys, variables) goes beside each of its rule."""
    cases = {}
    for base, _, names in sorted(os.walk(data)):
        if 'expected.json' not in names:
            continue
        rule = os.path.relpath(base, data)
        expected = json.load(open(os.path.join(base, 'expected.json')))
        files = [n for n in sorted(names) if n.startswith(('positive', 'negative'))]
        beside = [n for n in names if n not in files and n != 'expected.json']
        for name in files:
            to = os.path.join(work, rule, name + '.d')
            os.makedirs(to, exist_ok=True)
            shutil.copy(os.path.join(base, name), os.path.join(to, name))
            for other in beside:
                shutil.copy(os.path.join(base, other), to)
        cases[rule] = (expected, files)
    return cases


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--program', required=True)
    p.add_argument('--work', required=True)
    p.add_argument('--map', default=os.path.join(HERE, 'iac_map.txt'))
    p.add_argument('--json')
    p.add_argument('--result', action='store_true', help='print the result as one JSON object, the table on standard error')
    p.add_argument('--show', help='print misses and false alarms of rules containing this text')
    p.add_argument('--severity', help='with --show: only these, e.g. CRITICAL,HIGH')
    a = p.parse_args()
    shutil.rmtree(a.work, ignore_errors=True)
    cases = lay_out(a.data, a.work)
    mapped = read_map(a.map)
    run = subprocess.run([a.program, a.work, '--format', 'json', '--no-ignore'], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(run.stderr)
    report = json.loads(run.stdout)
    found = collections.defaultdict(set)
    for f in report['findings']:
        rule, _, name = f['file'].rpartition('.d/')
        rule, name = os.path.split(rule)
        found[rule, f['rule']].add((name, f['line']))
    totals = collections.defaultdict(lambda: [0, 0, 0])
    details = []
    for rule, (expected, files) in sorted(cases.items()):
        want = {(e['file'], e['line']) for e in expected['expected'] if e['file']}
        got = set().union(*[found[rule, r] for r in mapped.get(rule, [])] or [set()])
        # A few entries of the data name no file: any positive file's finding on that line is theirs.
        for line in {e['line'] for e in expected['expected'] if not e['file']}:
            theirs = {g for g in got - want if g[1] == line and g[0].startswith('positive')}
            want |= theirs or {('positive', line)}
        hit, missed, extra = want & got, want - got, got - want
        for key in ((expected['severity'],), (os.path.dirname(rule), expected['severity'])):
            for i, n in enumerate((hit, missed, extra)):
                totals[key][i] += len(n)
        if missed or extra:
            details.append({'rule': rule, 'severity': expected['severity'], 'missed': sorted(missed), 'extra': sorted(extra),
                            'mapped': mapped.get(rule, [])})
    summary = {}
    for key, (hit, missed, extra) in sorted(totals.items(), key=lambda k: (len(k[0]), k[0])):
        recall = hit / max(1, hit + missed)
        precision = hit / max(1, hit + extra)
        summary[' '.join(key)] = {'hit': hit, 'missed': missed, 'extra': extra, 'recall': recall, 'precision': precision}
        print(f"{' '.join(key):34} hit {hit:4} missed {missed:4} extra {extra:4}  recall {recall:.3f} precision {precision:.3f}",
              file=sys.stderr if a.result else sys.stdout)
    if a.result:
        print(json.dumps(result(summary, details)))
    if a.show:
        show(a, details, cases)
    if a.json:
        json.dump({'summary': summary, 'details': details, 'notes': report['notes']}, open(a.json, 'w'), indent=1)


def result(summary, details):
    """Passed and failed are expected findings; the bounds of the project stand beside them."""
    high = [summary[s] for s in ('CRITICAL', 'HIGH')]
    everything = [summary[s] for s in ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO') if s in summary]
    def share(rows, of):
        return sum(r['hit'] for r in rows) / max(1, sum(r['hit'] + r[of] for r in rows))
    return {
        'suite': 'review-iac',
        'passed': sum(r['hit'] for r in everything),
        'failed': sum(r['missed'] for r in everything),
        'skipped': 0,
        'required': False,
        'recall_critical_high': share(high, 'missed'),
        'recall_medium': share([summary['MEDIUM']], 'missed'),
        'precision': share(everything, 'extra'),
        'failures': [f"{d['rule']} {name}:{line}" for d in details for name, line in d['missed']],
        'false_alarms': [f"{d['rule']} {name}:{line}" for d in details for name, line in d['extra']],
    }


def show(a, details, cases):
    for d in details:
        if a.show not in d['rule'] or (a.severity and d['severity'] not in a.severity.split(',')):
            continue
        print(f"\n== {d['rule']} [{d['severity']}] {d['mapped']}\n   {cases[d['rule']][0]['description'][:int(os.environ.get('DESC', '150'))]}")
        for kind in ('missed', 'extra'):
            for name, line in d[kind][:4]:
                path = os.path.join(a.data, d['rule'], name)
                text = open(path).read().split('\n') if os.path.exists(path) else []
                around = '\n'.join(f"     {i + 1:3} {'>' if i + 1 == line else ' '} {text[i]}"
                                   for i in range(max(0, line - 3), min(len(text), line + int(os.environ.get('AFTER', '4')))))
                print(f"  {kind} {name}:{line}\n{around}")


if __name__ == '__main__':
    main()
