"""Programs that read and write files that are not theirs. They get nothing, and everything stays as it was.

docs/sandbox.md names for every attack the test here, or in another test_hostile_*.py, that tries it.
"""

from attacks import CALLS, attempts

from slmmux.sandbox.landlock import has_landlock


def test_files_of_a_home(hiding):
    program = attempts(
        f"open('{hiding.home}/key').read()",
        f"os.listdir('{hiding.home}')",
        f"os.listdir(os.open('{hiding.home}', os.O_PATH))",
        f"open(os.open('{hiding.home}/key', os.O_PATH)).read()",
        f"os.symlink('{hiding.home}/key', 'mine') or open('mine').read()",
        f"os.link('{hiding.home}/key', 'mine') or open('mine').read()",
        "os.listdir('/dev/shm')",
        "open('/dev/ptmx')",
        "os.listdir('/home')",
        "os.listdir(os.path.expanduser('~root'))",
        "os.listdir('/old')",
        "open('/etc/passwd')",
        "os.chroot('/')",
        "os.listdir(os.open('..', os.O_RDONLY)).index('home')",
    )
    assert (hiding.run(program).status, hiding.run(program).output) == ("finished", "")


def test_the_root_holds_libraries_and_nothing_else(strict):
    program = """
import os
def walk(folder):
    for entry in os.scandir(folder):
        if entry.is_symlink(): print(entry.path, "->", os.readlink(entry.path))
        elif not entry.is_dir(): print(entry.path)
        elif not entry.name.startswith(("lib", "python3")):
            try: walk(entry.path)
            except PermissionError: pass
walk("/")
"""
    devices = {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"}
    assert set(strict.run(program).output.splitlines()) <= {"/tmp -> /program", "/etc/ld.so.cache"} | devices


def test_the_weak_mode_tells_which_files_there_are(weak):
    """What it is said not to hold: all of it without Landlock, names and sizes with it."""
    program = f"import os\nprint(os.stat('{weak.home}/key').st_size, flush=True)\nprint(open('{weak.home}/key').read())"
    assert weak.run(program).output == ("13\n" if has_landlock() else "13\na private key\n")


def test_writing_outside(sandbox):
    folder = sandbox.home / "outside"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "kept").write_text("kept")
    sandbox.own(folder, folder / "kept")
    kept = folder / "kept"
    program = attempts(
        f"open('{folder}/new', 'w')",
        f"open('{kept}', 'w')",
        f"open('{kept}', 'r+')",
        f"os.truncate('{kept}', 0)",
        f"os.unlink('{kept}')",
        f"os.rename('{kept}', '{folder}/gone')",
        f"os.chmod('{folder}', 0)",
        f"os.chown('{kept}', 0, 0)",
        f"os.utime('{kept}')",
        f"os.mkdir('{folder}/new')",
        f"os.mkfifo('{folder}/new')",
        f"os.symlink('/', '{folder}/link')",
        f"os.link('{kept}', '{folder}/link')",
        f"os.setxattr('{kept}', 'user.x', b'x')",
        f"os.open('kept', os.O_WRONLY, dir_fd=os.open('{folder}', os.O_RDONLY))",
        f"os.open('/proc/self/fd/%d' % os.open('{kept}', os.O_RDONLY), os.O_WRONLY)",
        f"os.remove('kept', dir_fd=os.open('{folder}', os.O_RDONLY))",
        f"os.chmod(os.open('{kept}', os.O_RDONLY), 0)",
        "open('/etc/passwd', 'a')",
        "open('/new', 'w')",
        "open('/dev/new', 'w')",
        "open('/run/new', 'w')",
        "open(os.__file__, 'a')",
        "open(os.path.dirname(os.__file__) + '/new.py', 'w')",
    )
    links = attempts(
        f"os.symlink('{kept}', 'mine') or open('mine', 'w')",
        f"os.symlink('{folder}', 'ours') or open('ours/new', 'w')",
        "os.symlink('/', 'all') or open('all/new', 'w')",
        "os.symlink('../../../../../..', 'up') or open('up/etc/passwd', 'a')",
        "os.link('/dev/null', 'null')",
        "os.utime('/dev/null')",
        "os.chmod('/dev/null', 0)",
        "os.rename(os.getcwd(), '/moved')",
        "os.symlink('one', 'other') or os.symlink('other', 'one') or open('one')",
        "os.chdir('../' * 2000) or open('new', 'w')",
    )
    mode = folder.stat().st_mode
    assert (sandbox.run(program).status, sandbox.run(program).output) == ("finished", "")
    assert sandbox.run(links).output == ""
    assert [p.name for p in folder.iterdir()] == ["kept"] and kept.read_text() == "kept"
    assert folder.stat().st_mode == mode
    kept.unlink()
    folder.rmdir()


def test_mounting_the_root_for_writing(strict):
    program = f"""{CALLS}
print(call(165, 40, 0, b"/", 0, 32, 0), call(166, 39, b"/program", 2), call(442, 442, -1, b"/", 0x8000, 0, 0))
"""
    assert strict.run(program).output == "-1 -1 -1\n"
