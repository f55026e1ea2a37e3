#!/usr/bin/env python3
"""command_lines.py FILE... - the command lines of withlock's that documents show, one a line.

Wherever they stand: in a block of any language, in a table, in the middle of a sentence; in Markdown
and in scdoc. Each is printed as PLACE, a tab, and its words as a shell quotes them. The words end
where the shell's command ends. A usage line ("[OPTIONS]") is no command line.
"""

import re
import shlex
import sys

# "withlock" and an option; in YAML both may be items of a list
COMMAND = re.compile(r"(?<![\w./-])withlock,?\s+(?=-[-\w])")
END = re.compile(r"[;&|()<>`\n]+$")


def plain(text, scdoc):
    """Without marks for bold and underlined, and with a command in one line."""
    text = re.sub(r"\\\n\s*", " ", text.replace("\\\\\n", "\\\n") if scdoc else text)
    if not scdoc:
        return text
    out, block = [], False
    for line in text.split("\n"):
        block ^= line == "```"
        out.append(line if block else re.sub(r"(?<![\w\\])[*_]+|[*_]+(?!\w)", "", line.replace("*.", "* .")))
    return "\n".join(out)


def words_of(rest):
    """The words of a command at the beginning of the text, up to the end of its line."""
    while True:
        lexer = shlex.shlex(rest, posix=True, punctuation_chars=";&|()<>`")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = []
        try:
            for word in lexer:
                if END.fullmatch(word) or word == ".":
                    break
                words.append(word)
            return words
        except ValueError:  # a quote that was opened before the command, or is closed in another line
            rest = rest[:max(rest.rfind("'"), rest.rfind('"'))]


def command_lines(path):
    scdoc = path.endswith(".scd")
    with open(path, encoding="utf-8") as file:
        text = plain(file.read(), scdoc)
    for number, line in enumerate(text.split("\n"), 1):
        for found in COMMAND.finditer(line):
            rest = line[found.end():]
            if "," in found[0]:
                rest = rest.split("]")[0].replace(",", " ")
            yield f"{path}:{number}", words_of(rest)


def main():
    for path in sys.argv[1:]:
        for place, words in command_lines(path):
            print(place, " ".join(shlex.quote(word) for word in words), sep="\t")


main()
