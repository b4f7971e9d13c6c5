# SPDX-License-Identifier: MIT
"""Compares glob_cases with regular expressions that are built from the same grammar, on random patterns and names.

usage: glob_reference.py GLOB_CASES SEED COUNT. Prints what differs; exits 1 if anything does.
"""
import random
import re
import subprocess
import sys


class Wrong(Exception):
    pass


def set_expression(pattern, i, flat):
    """The set behind the bracket at i - 1: a regular expression for one byte, and where it ends."""
    members, negated, first = set(), False, True
    if pattern[i:i + 1] == b"^":
        raise Wrong
    if pattern[i:i + 1] == b"!":
        negated, i = True, i + 1

    def member(i):
        if pattern[i:i + 2] == b"[:":
            raise Wrong
        if pattern[i:i + 1] == b"\\":
            i += 1
        if i >= len(pattern) or (pattern[i] == ord("/") and not flat):
            raise Wrong
        return pattern[i], i + 1

    while True:
        if pattern[i:i + 1] == b"]" and not first:
            break
        low, i = member(i)
        high = low
        if pattern[i:i + 1] == b"-" and pattern[i + 1:i + 2] != b"]":
            high, i = member(i + 1)
            if high < low:
                raise Wrong
        members.update(range(low, high + 1))
        first = False
    if negated:
        members = set(range(256)) - members
    if not flat:
        members.discard(ord("/"))
    if not members:
        return b"(?!)", i + 1
    return b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(members)) + b"]", i + 1


def expression(pattern, flat):
    """The components of a pattern as regular expressions; None stands for "**"."""
    any_byte = b"." if flat else b"[^/]"
    components, current, literal, inside, i = [], b"", b"", False, 0

    def finish():
        if literal is not None and not flat and (literal in (b".", b"..")):
            raise Wrong
        components.append(current)

    while i < len(pattern):
        if not flat and current == b"" and not inside and pattern[i:i + 3] in (b"**/", b"**"):
            current, literal, i = None, None, i + 2
            continue
        byte = pattern[i:i + 1]
        i += 1
        if byte == b"\\":
            if i == len(pattern):
                raise Wrong
            byte = pattern[i:i + 1]
            i += 1
            quoted = True
        else:
            quoted = False
        if byte == b"/" and not flat:
            if inside:
                raise Wrong
            finish()
            current, literal = b"", b""
        elif quoted or byte not in b"*?[{" + (b",}" if inside else b""):
            current += re.escape(byte)
            if literal is not None:
                literal += byte
        else:
            literal = None
            if byte == b"*":
                if pattern[i:i + 1] == b"*" and not flat:
                    raise Wrong
                current += any_byte + b"*"
            elif byte == b"?":
                current += any_byte
            elif byte == b"[":
                one, i = set_expression(pattern, i, flat)
                current += one
            elif byte == b"{":
                if inside:
                    raise Wrong
                inside = True
                current += b"(?:"
            elif byte == b",":
                current += b"|"
            else:
                inside = False
                current += b")"
    if inside:
        raise Wrong
    finish()
    return components


def compile_pattern(pattern, flat):
    if not pattern:
        raise Wrong
    components = expression(pattern, flat)
    if flat:
        return re.compile(components[0], re.DOTALL)
    if len(components) == 1:
        if components[0] is None:
            components = [b"", None]
        else:
            components = [b"", None, components[0]]
    elif components[0] is None:
        components.insert(0, b"")
    elif components[0] != b"":
        raise Wrong
    whole = b""
    for number, component in enumerate(components[1:], 2):
        if component == b"":
            raise Wrong
        if component is None:
            whole += b"(?:/[^/]+)" + (b"+" if number == len(components) else b"*")
        else:
            whole += b"/" + component
    return re.compile(whole, re.DOTALL)


def random_pattern(generator):
    pieces = [b"a", b"b", b"c", b"ab", b".", b"-", b"!", b"*", b"?", b"**", b"/", b"/", b"/**/", b"/*/", b"**/", b"*a*",
              b"[ab]", b"[!a]", b"[a-c]", b"[]a]", b"[+-9]", b"{a,b}", b"{a,*b,}", b"{", b"}", b",", b"[", b"]", b"\\", b"\\*",
              b"[[:a:]]", b"[c-a]", b"\xff", b"{[ab],c?}", b"^"]
    pattern = b"".join(generator.choice(pieces) for _ in range(generator.randint(1, 7)))
    if generator.random() < 0.5:
        pattern = b"/" + pattern.lstrip(b"/")
    return pattern


def random_name(generator, flat):
    parts = [b"a", b"b", b"c", b"ab", b".", b"-", b"*", b"\xff", b"\n", b"5", b"]", b","]

    def component():
        return b"".join(generator.choice(parts) for _ in range(generator.randint(1, 4)))
    if flat and generator.random() < 0.5:
        return component()
    return b"".join(b"/" + component() for _ in range(generator.randint(1, 4)))


def name_like(generator, pattern):
    """A name that has a chance: each wildcard replaced by something it could stand for."""
    def instance(found):
        text = found.group()
        if text.startswith(b"{"):
            return generator.choice(text[1:-1].split(b","))
        if text.startswith(b"\\"):
            return text[1:]
        return generator.choice({b"**": [b"a", b"a/b", b"b/a/c"], b"*": [b"", b"a", b"cab"]}.get(text, [b"a", b"b", b"]", b"5"]))
    name = re.sub(rb"\\.|\*\*|\*|\?|\[[^]]*\]|\{[^}]*\}", instance, pattern, flags=re.DOTALL)
    if generator.random() < 0.3:
        name = name.replace(b"/a/", b"/")
    return name or b"a"


def names_for(generator, flat, pattern):
    names = [random_name(generator, flat) for _ in range(4)]
    for _ in range(4):
        name = name_like(generator, pattern)
        if not flat:
            name = b"/" + re.sub(b"/+", b"/", name).strip(b"/")
        names.append(name if name != b"/" else b"/a")
    return names


def escape(text):
    return b"".join(b"%%%02x" % byte if byte < 0x21 or byte in b"%\x7f" else bytes([byte]) for byte in text)


def main():
    program, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    generator = random.Random(seed)
    cases = []
    for _ in range(count):
        flat = generator.random() < 0.2
        pattern = random_pattern(generator)
        cases.append((flat, pattern, names_for(generator, flat, pattern)))
    lines = [b"\t".join([b"flat" if flat else b"path", escape(pattern)] + [escape(name) for name in names])
             for flat, pattern, names in cases]
    # Bytes that the program prints as they are may hold line ends: of the answer only the words are looked at.
    answers = subprocess.run([program], input=b"\n".join(lines) + b"\n", stdout=subprocess.PIPE, check=True).stdout
    answers = re.findall(rb"^(error|(?:(?:yes|no) )+prefix=)", answers, re.MULTILINE)
    differences = matches = errors = 0
    if len(answers) != len(cases):
        sys.exit(f"{len(answers)} answers to {len(cases)} cases")
    for (flat, pattern, names), answer in zip(cases, answers):
        try:
            wanted = compile_pattern(pattern, flat)
            expected = [b"yes" if wanted.fullmatch(name) else b"no" for name in names]
        except Wrong:
            expected = [b"error"]
            errors += 1
        matches += expected.count(b"yes")
        got = answer.split()
        if got[0] != b"error":
            got.pop()
        if got != expected:
            differences += 1
            print("flat" if flat else "path", pattern, names, "expected", expected, "got", got)
    print(f"{count} patterns, {errors} of them wrong, {matches} matches, {differences} differences")
    sys.exit(differences != 0)


main()
