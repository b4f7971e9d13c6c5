#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""For tests/manual.bats: what a manual page says, and what the table of advices says, in the same words.

manual.py entries PAGE MARKER  the entries between the comments 'MARKER: begin' and 'MARKER: end', "tag<TAB>text" a line;
                               subsections as "== name"
manual.py pieces PAGE MARKER   the fixed parts of the tags there, one a line: what is not in italics
manual.py advices              the table, from `madvisor advice --json` on standard input, as entries of the manual
"""
import json
import re
import shlex
import sys

ALTERNATING = re.compile(r'\.([BIR])([BIR]) ')


def plain(text):
    """Without the escapes that our pages use."""
    text = text.replace(r'\(dq', '"').replace(r'\(aq', "'").replace(r'\ ', ' ').replace(r'\&', '').replace(r'\-', '-')
    return re.sub(r'\\f(.)', '', text).replace(r'\e', '\\')


def arguments(line):
    """A macro's arguments, with the font of each: "B", "I" or "R"."""
    words = [word for word in shlex.split(line.replace(r'\ ', '\x01').replace('\\', '\x02').replace("'", '\x03'))[1:]]
    words = [plain(word.replace('\x01', r'\ ').replace('\x02', '\\').replace('\x03', "'")) for word in words]
    fonts = ALTERNATING.match(line)
    if fonts:
        return [(word, fonts[1 + index % 2]) for index, word in enumerate(words)]
    return [(' '.join(words), line[1])]


def marked_lines(page, marker):
    text = open(page, encoding='utf-8').read().replace('\\\n', '')
    inside = text.split(f'.\\" {marker}: begin\n')[1].split(f'.\\" {marker}: end\n')[0]
    return inside.splitlines()


def entries(page, marker):
    """Tags as lists of (words, font), each with its text; subsections as a name and None."""
    found, tag_next = [], False
    for line in marked_lines(page, marker):
        if line.startswith('.SS '):
            found.append([line[4:], None])
        elif line in ('.TP', '.TQ') or line.startswith('.IP '):
            tag_next = not line.startswith('.IP ')
        elif tag_next:
            found.append([arguments(line), ''])
            tag_next = False
        elif line.startswith('.') and not ALTERNATING.match(line) and line[1:3] not in ('B ', 'I '):
            continue
        elif found and found[-1][1] is not None:
            words = ''.join(word for word, _ in arguments(line)) if line.startswith('.') else plain(line)
            found[-1][1] = f'{found[-1][1]} {words}'.strip()
    return found


def print_entries(page, marker):
    for tag, text in entries(page, marker):
        print(f'== {tag}' if text is None else ''.join(word for word, _ in tag) + '\t' + text)


def print_pieces(page, marker):
    for tag, text in entries(page, marker):
        for words, font in tag if text is not None else ():
            for piece in re.split(r'[,;:]', words) if font != 'I' else ():
                piece = re.sub(r'^\W+|[\s"]+$', '', piece)
                if len(piece) > 4:
                    print(piece)


NEEDS = {None: '', 'refused': '', 'unsafe': '; needs unsafe', 'unsafe (files)': '; files need unsafe',
         'unsafe, literal': '; needs unsafe and a path without wildcard'}
MOMENTS = {('attach',): '; attach only', ('unmap', 'attach'): '; unmap: or attach'}


def requirements(advice):
    if not advice['since']:
        return advice['systems']
    option = f", with {advice['config']}" if advice['config'] else ''
    systems = '' if 'Linux' in advice['systems'] else f"; {advice['systems']}"
    moments = MOMENTS.get(tuple(advice['moments']), '')
    return f"since Linux {advice['since']}{option}{systems}{NEEDS[advice['needs']]}{moments}"


def print_advices():
    last = None
    for advice in json.load(sys.stdin):
        if advice['class'] != last:
            last = advice['class']
            print(f'== {last}')
        print(f"{advice['name']} ({requirements(advice)})\t{advice['summary']}")


if __name__ == '__main__':
    {'entries': print_entries, 'pieces': print_pieces, 'advices': print_advices}[sys.argv[1]](*sys.argv[2:])
