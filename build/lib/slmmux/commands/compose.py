"""slmmux compose PROFILE: write params.yaml from experiments/config.yaml and a profile.

The same composition as `dvc exp run -S profile=PROFILE` makes, without running anything.
"""

from pathlib import Path

from slmmux.config import parse_config
from slmmux.errors import InputError
from slmmux.files import write_text

EXPERIMENTS = Path("experiments")
PROFILES = EXPERIMENTS / "profile"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("compose", description=__doc__)
    parser.add_argument("profile")


def compose(profile: str) -> str:
    """The composed parameters as YAML, checked. Raises InputError for an unknown profile or a wrong key."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    profiles = sorted(path.stem for path in PROFILES.glob("*.yaml"))
    if profile not in profiles:
        raise InputError(f"no profile {profile!r} in {PROFILES}/; there are: {', '.join(profiles)}")
    try:
        with initialize_config_dir(str(EXPERIMENTS.resolve()), version_base=None):
            config = hydra_compose("config", overrides=[f"profile={profile}"])
            OmegaConf.resolve(config)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(f"{PROFILES}/{profile}.yaml: {str(error).splitlines()[0]}") from None
    parse_config(OmegaConf.to_container(config), f"{PROFILES}/{profile}.yaml")
    return OmegaConf.to_yaml(config)


def run(args) -> None:
    write_text(Path("params.yaml"), compose(args.profile))
