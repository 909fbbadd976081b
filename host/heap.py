"""What stays for as long as the process: the garbage collector need not look through it again."""

import gc


def settle_heap() -> None:
    """Take all that was built until now for what stays.

    Modules, tables, flow and prompts are several hundred thousand objects. Every turn makes some
    that may be part of a cycle, and each time that there are enough the collector looks through all
    that there are, in the middle of somebody's call. To be called once, when a role is ready to
    serve; after a fork, in the child.
    """
    gc.collect()
    gc.freeze()
