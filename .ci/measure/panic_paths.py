"""Finds the ways into a panic in a linked firmware, and the source line that each comes from.

The disassembly says which instruction branches to a panic function; the debug information says which source
line that instruction belongs to, through everything that was inlined. What the standard library panics about
(an index, a length) is the doing of whoever called it, so its functions are passed through.
"""

import re
from collections import Counter
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path

import metal

PANIC = re.compile(r"^<?core::.*(panic|fail|unreachable)|rust_begin_unwind")

FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t[0-9a-f ]+\t(\S+)(?:\t(.*))?$")
BRANCH = re.compile(r"^(b[a-z]*(\.[nw])?|cbn?z)$")
TARGET = re.compile(r"\b([0-9a-f]+) <")


class Disassembly:
    """The code of a firmware: functions, branches between them, addresses of functions kept as data."""

    def __init__(self, elf):
        self.names = {}  # start of a function -> its name
        self.branches = []  # (function that it stands in, address, address that it leads to)
        self._fpu = Counter()
        function = None
        for line in metal.output("arm-none-eabi-objdump", "-d", "-C", elf).splitlines():
            if header := FUNCTION.match(line):
                function = int(header[1], 16)
                self.names[function] = header[2]
            elif instruction := INSTRUCTION.match(line):
                self._add(function, int(instruction[1], 16), instruction[2], instruction[3] or "")

    def _add(self, function, address, mnemonic, operands):
        if mnemonic == ".word":
            word = int(operands.split()[0], 16)
            if word & 1:  # so are pointers to Thumb code
                self.branches.append((function, address, word - 1))
        elif BRANCH.match(mnemonic) and (target := TARGET.search(operands)):
            self.branches.append((function, address, int(target[1], 16)))
        elif mnemonic.startswith("v"):
            self._fpu[function] += 1

    def fpu_instructions(self):
        return {self.names[function]: count for function, count in self._fpu.items()}

    def panics(self):
        """The functions that do nothing but panic, with their names."""
        return {start: name for start, name in self.names.items() if PANIC.search(name)}


@dataclass
class PanicPath:
    """One place that leads to a panic."""

    panic: str
    function: str
    frames: list  # (function, file:line), from the innermost inlined one outwards

    @property
    def source(self):
        """The innermost frame outside of the standard library: who is to blame. None when that is unknown."""
        if any(line.endswith(":?") for _, line in self.frames):
            return None
        return next((frame for frame in self.frames if not is_standard_library(frame[1])), None)

    @property
    def is_foreign(self):
        """Whether it surely comes from another crate than ours."""
        return self.source is not None and not self.source[1].startswith(f"{metal.ROOT}/src/")

    @property
    def is_finished_future(self):
        """Whether the compiler has put it there, for a future that is polled once more after its end, as `.await` never does.

        It stands where the body of an async function opens, and no other code does.
        """
        if self.source is None or self.source != self.frames[0]:
            return False
        path, _, number = self.source[1].rpartition(":")
        lines = Path(path).read_text().splitlines()[: int(number)]
        indent = re.match(" *", lines[-1])[0]
        head = next(line for line in reversed(lines) if re.match(rf"{indent}[^ )]", line))
        return lines[-1].endswith("{") and "async fn " in head

    def __str__(self):
        if self.source is None:
            return f"{self.function} (line unknown) -> {self.panic}"
        name, line = self.source
        line = re.sub(r"^.*/registry/src/[^/]+/", "", line).removeprefix(f"{metal.ROOT}/")
        return f"{line} in {name} -> {self.panic}"


def is_standard_library(line):
    return "/library/" in line and ("/rustc/" in line or "/rustlib/" in line)


def find(elf):
    """All panic paths of a firmware that was built unmerged."""
    code = Disassembly(elf)
    panics = code.panics()
    while True:
        sites = [site for site in code.branches if site[2] in panics and site[0] not in panics]
        lines = source_lines(elf, [address for _, address, _ in sites])
        passed_through = {
            function: f"{panics[target]} through {code.names[function]}"
            for function, address, target in sites
            if lines[address] and all(is_standard_library(line) for _, line in lines[address])
        }
        if not passed_through:
            break
        panics |= passed_through
    paths = [PanicPath(panics[target], code.names[function], lines[address]) for function, address, target in sites]
    called = {target for _, _, target in code.branches}
    by_pointer = panics.keys() - code.panics().keys() - called
    return paths + [PanicPath(panics[function], code.names[function], []) for function in by_pointer]


def source_lines(elf, addresses):
    """For each address the frames inlined there, innermost first; frames without a file are left out."""
    if not addresses:
        return {}
    asked = "".join(f"{address:#x}\n" for address in addresses)
    command = ["arm-none-eabi-addr2line", "-a", "-i", "-f", "-C", "-e", elf]
    frames = {}
    for line in metal.output(*command, input=asked).splitlines():
        if line.startswith("0x"):
            address, function = int(line, 16), None
            frames[address] = []
        elif function is None:
            function = line
        else:
            place = line.split(" (discriminator")[0]
            if not place.startswith("?"):
                frames[address].append((function, normpath(place)))
            function = None
    return frames
