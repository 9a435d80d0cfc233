"""Times BERT on SPU: three processes on the loopback interface, ABY3 over 64 bits.

Prints one JSON object: seconds (median of the runs, the slowest party of each), bytes of all
parties, sends a party. Sharing the weights and the text is outside of the time.
"""

import argparse
import json
import multiprocessing
import queue
import re
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import bert

PARTIES = 3


def config(profile):
    import spu

    config = spu.RuntimeConfig(spu.ProtocolKind.ABY3, spu.FieldType.FM64, 18)
    # Only then does SPU say what it sent.
    config.enable_pphlo_profile = profile
    return config


def compiled(size, seq):
    """The executable, and the arrays that are to be shared for it, by name."""
    import jax
    import spu
    import spu.utils.frontend as frontend

    args = (bert.one_hot(size, seq), bert.random_weights(size, seq))
    flat, _ = jax.tree_util.tree_flatten(args)
    names = [f"in{i}" for i in range(len(flat))]
    executable, _ = frontend.compile(
        frontend.Kind.JAX, bert.encode, args, {}, names,
        [spu.Visibility.VIS_SECRET] * len(flat), lambda out: [f"out{i}" for i in range(len(out))],
    )
    return executable, dict(zip(names, flat))


def party(rank, ports, size, seq, runs, log, inbox, outbox):
    """One party's process: its shares come in one by one, its times go out."""
    import os

    # SPU writes what it sent to its standard output.
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    import spu

    description = spu.libspu.link.Desc()
    description.recv_timeout_ms = 600_000
    for i, port in enumerate(ports):
        description.add_party(f"party{i}", f"127.0.0.1:{port}")
    link = spu.libspu.link.create_brpc(description, rank)
    runtime = spu.Runtime(link, config(profile=True))
    while (item := inbox.get()) is not None:
        runtime.set_var(*item)
    executable, _ = compiled(size, seq)
    times = []
    for _ in range(runs):
        link.barrier()
        started = time.monotonic()
        runtime.run(executable)
        times.append(time.monotonic() - started)
    outbox.put((rank, times))
    link.barrier()
    link.stop_link()


def free_ports():
    sockets = [socket.socket() for _ in range(PARTIES)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def sent(log, runs):
    """Bytes and sends of one run, out of what SPU logged."""
    text = Path(log).read_text(errors="replace")
    bytes_sent = re.findall(r"total send bytes (\d+)", text)
    sends = re.findall(r"send actions (\d+)", text)
    if len(bytes_sent) < runs or len(sends) < runs:
        return None, None
    return int(bytes_sent[-1]), int(sends[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seq", type=int, default=128)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--runs", type=int, default=1)
    args = parser.parse_args()
    import spu

    size = bert.sizes(args.layers)
    spawn = multiprocessing.get_context("spawn")
    ports, outbox = free_ports(), spawn.Queue()
    inboxes = [spawn.Queue() for _ in range(PARTIES)]
    with tempfile.TemporaryDirectory() as folder:
        logs = [f"{folder}/{rank}.log" for rank in range(PARTIES)]
        processes = [
            spawn.Process(
                target=party,
                args=(i, ports, size, args.seq, args.runs, logs[i], inboxes[i], outbox),
                daemon=True,
            )
            for i in range(PARTIES)
        ]
        for process in processes:
            process.start()
        _, arrays = compiled(size, args.seq)
        io = spu.Io(PARTIES, config(profile=False))
        for name, array in arrays.items():
            shares = io.make_shares(array, spu.Visibility.VIS_SECRET)
            for inbox, share in zip(inboxes, shares):
                inbox.put((name, share))
        for inbox in inboxes:
            inbox.put(None)
        times = {}
        while len(times) < PARTIES:
            if any(process.exitcode not in (None, 0) for process in processes):
                sys.exit("a party stopped:\n" + Path(logs[0]).read_text(errors="replace")[-2000:])
            try:
                rank, seconds = outbox.get(timeout=5)
            except queue.Empty:
                continue
            times[rank] = seconds
        for process in processes:
            process.join(60)
        costs = [sent(log, args.runs) for log in logs]
    runs = [max(of_run) for of_run in zip(*times.values())]
    known = all(cost[0] is not None for cost in costs)
    print(json.dumps({
        "system": "SPU 0.9.5, ABY3, 64 bits, PUMA's GeLU and softmax, one-hot embedding",
        "layers": args.layers,
        "seq": args.seq,
        "seconds": statistics.median(runs),
        "runs": runs,
        "bytes": sum(cost[0] for cost in costs) if known else None,
        "sends_per_party": max(cost[1] for cost in costs) if known else None,
    }))


if __name__ == "__main__":
    main()
