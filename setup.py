"""What makes this repository a ROS 2 package; all the rest is in pyproject.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from setuptools import Distribution, setup

HERE = Path(__file__).parent


class PlainDistribution(Distribution):
    """Keeps everything as text.

    colcon asks for the metadata and reads the answer as a Python literal; a set of
    version specifiers is none.
    """

    def parse_config_files(self, *args: Any, **kwargs: Any) -> None:
        """Read setup.cfg and pyproject.toml, then make the versions text."""
        super().parse_config_files(*args, **kwargs)
        for holder in (self, self.metadata):
            versions = getattr(holder, "python_requires", None)
            if versions is not None:
                holder.python_requires = str(versions)


def files(pattern: str) -> list[str]:
    """Return the files that match, as setuptools wants them: from here."""
    return sorted(str(path.relative_to(HERE)) for path in HERE.glob(pattern))


setup(
    distclass=PlainDistribution,
    data_files=[
        (
            "share/ament_index/resource_index/packages",
            ["launch/resource_index/praxis"],
        ),
        ("share/praxis", ["package.xml"]),
        ("share/praxis/launch", files("launch/*.launch.py")),
        ("share/praxis/params", files("launch/params/*.yaml")),
    ],
)
