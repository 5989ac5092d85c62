"""What area.toml says of services, bundles and standards of their own, held against the centres and the walkers."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd

from carecircles import people, services, walkers
from carecircles.errors import ValidationError
from carecircles.norms import Norm
from carecircles.services import Bundle, Service
from carecircles.words import Sentence


def match(
    plan: Mapping[str, Any],
    facilities: gpd.GeoDataFrame | None,
    groups: Sequence[people.Group],
    *,
    by: str,
) -> tuple[tuple[Service, ...], tuple[Bundle, ...], gpd.GeoDataFrame | None, list[Sentence]]:
    """
    The services and bundles of an area, its centres with their services by key, and what is wrong.

    Norms of groups are looked at too, as far as they name walkers of the area's.
    """
    offered, problems = services.declared(plan["services"], file=by)
    words: list[str] = []
    if facilities is not None:
        known = services.spellings(offered)
        keyed = facilities["services"].map(lambda some: services.keyed(some, offered, known))
        facilities = facilities.assign(services=keyed)
        words = list(dict.fromkeys(word for some in keyed for word in some))
    # Services that area.toml names amiss are named there; a bundle is not blamed for them.
    amiss = [key for key in plan["services"] if key not in {service.key for service in offered}]
    bundles, wrong = services.bundles_declared(
        plan["bundles"], offered, offered=[*words, *amiss], file=by
    )
    problems += wrong
    own, _ = walkers.declared(plan["profiles"])
    normed = [
        *((f"services.{s.key}", s.norm) for s in offered),
        *((f"bundles.{b.key}", b.norm) for b in bundles),
        *((f"groups.{g.column}", g.norm) for g in groups),
    ]
    for where, norm in normed:
        problems += _profile_problems(where, norm, own, by)
    return offered, bundles, facilities, problems


def _profile_problems(
    where: str, norm: Norm | None, own: Sequence[walkers.Profile], by: str
) -> list[Sentence]:
    """Whether somebody is known who walks for a norm."""
    if norm is None or norm.profile is None:
        return []
    place = Sentence(f"{by}: {where}.standard: ", zh=f"{by}：{where}.standard：")
    try:
        walkers.profile_of(norm.profile, own)
    except ValidationError as err:
        return [Sentence(f"{place}{line}", zh=f"{place.zh}{line.zh}") for line in err.problems]
    return []
