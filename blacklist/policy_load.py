"""Reading `config/screening.yaml`: every fault with its file, line and key."""

from pathlib import Path

from blacklist.policy import Policy
from blacklist.policy_faults import faults
from blacklist.policy_file import PolicyFile, policy_of
from files.yaml_model import FileWrong, load_yaml


class PolicyWrong(ValueError):
    """The policy may not be used; each line of the message is one fault: file:line: key: what."""


def load_policy(path: Path) -> Policy:
    """Read and check the policy at `path`. Raises PolicyWrong with every fault found."""
    try:
        document = load_yaml(path, PolicyFile)
    except FileWrong as error:
        raise PolicyWrong(str(error)) from None
    policy = policy_of(document.value)
    found = [str(document.fail(where, what)) for where, what in faults(policy)]
    if found:
        raise PolicyWrong("\n".join(found))
    return policy
