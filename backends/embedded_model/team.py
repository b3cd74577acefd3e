"""Several processes train one model: each computes its share of every batch, gradients are summed over a local socket.

On two cores two processes of one thread each do nearly twice the work of one; two threads of one process do not.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed
import torch.multiprocessing
from torch import Tensor


class Team:
    """This process's place among `size`; every method is called by all of them at the same time."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size
        self._parent = os.getppid()

    def sum(self, tensors: list[Tensor]) -> None:
        """Replace each tensor by its sum over the team, in one exchange."""
        if self.size == 1:
            return
        if os.getppid() != self._parent:
            raise SystemExit("the process that began the training is gone")  # a second one may go on from here
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        torch.distributed.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            torch.distributed.barrier()


def run_team(size: int, work: Callable[..., None], *arguments: Any) -> None:
    """Call `work(team, *arguments)` in `size` processes. Raises what one of them raised."""
    if size == 1:
        work(Team(), *arguments)
        return
    torch.multiprocessing.spawn(_member, (size, _free_port(), work, arguments), nprocs=size)


def _member(rank: int, size: int, port: int, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.distributed.init_process_group("gloo", rank=rank, world_size=size)
    try:
        work(Team(rank, size), *arguments)
    finally:
        torch.distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
