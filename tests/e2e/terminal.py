"""Runs a command on a terminal of its own, 80 columns wide, types the answers
when it asks, and passes its output and exit code on.

usage: terminal.py PATTERN=ANSWER... -- COMMAND...

"INT" as an answer presses Ctrl-C.
"""
import fcntl, os, pty, re, select, struct, sys, termios

split = sys.argv.index("--")
answers = [a.split("=", 1) for a in sys.argv[1:split]]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
seen = b""
while True:
    if not select.select([fd], [], [], 60)[0]:
        os.kill(pid, 9)
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data
    sys.stdout.buffer.write(data)
    if answers and re.search(answers[0][0].encode(), seen):
        answer = answers.pop(0)[1]
        os.write(fd, b"\x03" if answer == "INT" else answer.encode() + b"\n")
        seen = b""
status = os.waitpid(pid, 0)[1]
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status) % 256)
