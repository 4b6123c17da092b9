"""Several processes and threads at the keys, kills in the middle included: no key is lost, none is changed.

The processes are forked and open the folder for themselves, as the web workers do.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from accelerator.vault.keys import KeyStore

forks = multiprocessing.get_context("fork")
pytestmark = pytest.mark.usefixtures("small_batches")


def start(work: Callable[..., dict[str, str]], *args: Any) -> tuple[BaseProcess, Any]:
    """A process that does this work: (it, the end of a pipe through which its answer comes)."""
    ours, theirs = forks.Pipe(duplex=False)

    def run() -> None:
        theirs.send(work(*args))

    process = forks.Process(target=run, daemon=True)
    process.start()
    theirs.close()
    return process, ours


def answer_of(started: tuple[BaseProcess, Any]) -> dict[str, str]:
    process, pipe = started
    answer: dict[str, str] = pipe.recv()
    process.join(60)
    assert process.exitcode == 0
    return answer


def make_first(folder: Path, begin: Any) -> dict[str, str]:
    begin.wait(30)
    store = KeyStore(folder)
    store.prepare()
    return {store.lookup_secret().hex(): store.get(store.create()).hex()}


def create(folder: Path, times: int) -> dict[str, str]:
    store = KeyStore(folder)
    return {name: store.get(name).hex() for name in (store.create() for _ in range(times))}


def rotate(folder: Path, times: int) -> dict[str, str]:
    store = KeyStore(folder)
    for _ in range(times):
        list(store.rotate())
    return {}


def read(folder: Path, known: dict[str, str], times: int) -> dict[str, str]:
    store = KeyStore(folder)
    wrong: dict[str, str] = {}
    for _ in range(times):
        wrong |= {name: key for name, key in known.items() if store.get(name).hex() != key}
    return wrong


def test_first_starts_at_once_make_one_set_of_keys(folder: Path) -> None:
    begin = forks.Barrier(4)
    answers = [answer_of(started) for started in [start(make_first, folder, begin) for _ in range(4)]]
    assert len({secret for answer in answers for secret in answer}) == 1
    assert len({key for answer in answers for key in answer.values()}) == 4
    assert KeyStore(folder).count() == 4
    assert sorted(path.name for path in folder.iterdir()) == ["lookup.key", "master.keys", "person-keys.sqlite3"]


def test_making_reading_and_rotating_at_once_loses_no_key(folder: Path) -> None:
    known = create(folder, 30)
    reader = start(read, folder, known, 40)
    makers = [start(create, folder, 20) for _ in range(2)]
    rotations = [start(rotate, folder, 6) for _ in range(2)]
    assert answer_of(reader) == {}
    for started in rotations:
        answer_of(started)
    for started in makers:
        known |= answer_of(started)
    assert len(known) == 70
    assert read(folder, known, 1) == {}
    assert len((folder / "master.keys").read_text().splitlines()) == 1


def test_a_backup_during_rotations_is_whole(folder: Path) -> None:
    known = create(folder, 30)
    rotations = start(rotate, folder, 12)
    store = KeyStore(folder)
    for number in range(8):
        store.back_up(folder.parent / f"backup-{number}")
        assert read(folder.parent / f"backup-{number}", known, 1) == {}
    answer_of(rotations)


def test_a_kill_in_the_middle_of_a_rotation_loses_nothing(folder: Path) -> None:
    known = create(folder, 60)
    chance = random.Random(7)
    for _ in range(15):
        process, _pipe = start(rotate, folder, 1000)
        wait_for_work(process, folder)
        time.sleep(chance.uniform(0, 0.05))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert read(folder, known, 1) == {}
    rotate(folder, 1)
    assert read(folder, known, 1) == {}
    assert len((folder / "master.keys").read_text().splitlines()) == 1
    assert not [path.name for path in folder.iterdir() if path.name.endswith("-journal")]


def wait_for_work(process: BaseProcess, folder: Path) -> None:
    """Until the process has begun to rotate."""
    before = (folder / "master.keys").read_text()
    for _ in range(3000):
        if (folder / "master.keys").read_text() != before or not process.is_alive():
            return
        time.sleep(0.005)


def test_threads_share_a_store(folder: Path) -> None:
    store = KeyStore(folder)

    def work(_number: int) -> bool:
        name = store.create()
        key = store.get(name)
        return all(store.get(name) == key for _ in range(5))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    assert store.count() == 40
