"""What differs from place to place: loose objects, pushes, light."""

from __future__ import annotations

from dataclasses import dataclass

from configs.schema import ObjectConfig, Range, SceneConfig
from sim2real.robot_parameters import Kind

SURROUNDING_KINDS = {
    "object_mass_scale": Kind(unit="", neutral=1.0, low=0.05, high=20.0),
    "object_size_scale": Kind(unit="", neutral=1.0, low=0.2, high=3.0),
    "object_friction_scale": Kind(unit="", neutral=1.0, low=0.05, high=5.0),
    "push_speed": Kind(unit="m/s", neutral=0.0, low=0.0, high=3.0),
    "light_scale": Kind(unit="", neutral=1.0, low=0.0, high=5.0),
    "light_turn": Kind(unit="rad", neutral=0.0, low=-1.6, high=1.6, size=2),
    "camera_noise_std": Kind(unit="", neutral=0.0, low=0.0, high=1.0),
}
"""Fields of `Surroundings`, and what their values may be."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """One place; loose objects are those that can be carried."""

    object_mass_scale: float = 1.0
    object_size_scale: float = 1.0
    object_friction_scale: float = 1.0
    push_speed: float = 0.0  # sudden change of the base's velocity, at most [m/s]
    light_scale: float = 1.0  # of every lamp's brightness
    light_turn: tuple[float, float] = (0.0, 0.0)  # about the level axes [rad]
    camera_noise_std: float = 0.0  # of each colour of a pixel, which is 0 .. 1

    def of_scene(self, scene: SceneConfig) -> SceneConfig:
        """Return the scene with other loose objects; furniture stays."""
        return scene.model_copy(
            update={"objects": tuple(self._changed(thing) for thing in scene.objects)}
        )

    def _changed(self, thing: ObjectConfig) -> ObjectConfig:
        if thing.mass is None:
            return thing
        size = thing.size
        scale = self.object_size_scale
        if size is not None:
            x, y, z = (_times(value, scale) for value in size)
            size = (x, y, z)
        return thing.model_copy(
            update={
                "mass": _times(thing.mass, self.object_mass_scale),
                "friction": _times(thing.friction, self.object_friction_scale),
                "size": size,
                "radius": thing.radius and _times(thing.radius, scale),
                "height": thing.height and _times(thing.height, scale),
            }
        )


def _times(value: float | Range, scale: float) -> float | Range:
    if isinstance(value, tuple):
        return value[0] * scale, value[1] * scale
    return value * scale
