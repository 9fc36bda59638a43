"""Builds and runs the firmwares of examples/cortex-m4. A tool that is missing or fails ends the script."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "examples" / "cortex-m4"
# Keeps late passes from sharing code, after all those that could remove or add a panic path.
UNMERGED = "-enable-tail-merge=0 -enable-machine-outliner=never"
TRIPLE = "thumbv7em-none-eabihf"
MACHINE = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none",
           "-semihosting-config", "enable=on,target=native", "-serial", "null"]


def output(*command, **options):
    """What the command prints. When it fails, the script ends."""
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, **options)
    if result.returncode != 0:
        sys.exit(f"{command[0]} failed with {result.returncode}: {' '.join(map(str, command))}")
    return result.stdout


def build(*programs, features=None, unmerged=False, profile="release"):
    """Builds for the metal, optimised, and returns the folder of the ELF files.

    `features` names the only features of the crate that are on. `unmerged` leaves equal code apart where the
    compiler would share it: some bytes more, but then every instruction has one source line.
    """
    target = FIRMWARE / "target" / ("unmerged" if unmerged else "")
    command = ["cargo", "build", "--profile", profile, "--target-dir", target]
    for program in programs:
        command += ["--bin", program]
    if features is not None:
        command += ["--no-default-features", "--features", features]
    if unmerged:
        command += ["--config", f"target.{TRIPLE}.rustflags = ['-C', 'llvm-args={UNMERGED}']"]
    # In that folder, as cargo takes target and linker flags from where it is started.
    output(*command, cwd=FIRMWARE)
    return target / TRIPLE / profile


def run(elf, *options, timeout):
    """What the firmware prints until it ends by itself; ending with a failure ends the script."""
    command = [*MACHINE, *options, "-kernel", elf]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=timeout)
    if result.returncode != 0:
        sys.exit(f"{elf.name} failed in QEMU with {result.returncode}:\n{result.stdout}")
    return result.stdout
