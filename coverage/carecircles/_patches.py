"""Patches of a raster, whose places are of one part and share sides: which is which, and their outlines."""

import numpy as np
import shapely


def numbered(part: np.ndarray) -> np.ndarray:
    """
    The patch of each place, counted from 1 row by row; 0 where there is no part (below 0).

    `scipy.ndimage.label` says the same of one part and takes longer to load than all of a map's zones to number.
    """
    is_there = part >= 0
    begins = is_there.copy()  # a run of places side by side
    begins[:, 1:] &= part[:, 1:] != part[:, :-1]
    run = np.cumsum(begins.ravel(), dtype=np.int32).reshape(part.shape) - 1
    # Two runs touch where either begins.
    is_touching = (part[1:] == part[:-1]) & is_there[1:] & (begins[1:] | begins[:-1])
    patch = joined(int(begins.sum()), run[:-1][is_touching], run[1:][is_touching])
    return np.where(is_there, np.append(patch, 0)[run], 0)


def joined(runs: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The patch of each of so many runs where `one` and `other` touch, counted from 1."""
    patch = np.arange(runs)
    while len(one):
        lower = np.minimum(patch[one], patch[other])
        np.minimum.at(patch, patch[one], lower)
        np.minimum.at(patch, patch[other], lower)
        while (patch != patch[patch]).any():
            patch = patch[patch]
        is_apart = patch[one] != patch[other]
        one, other = one[is_apart], other[is_apart]
    is_first = patch == np.arange(runs)
    return np.cumsum(is_first, dtype=np.int32)[patch]


def polygons(patch: np.ndarray, *, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """
    The outline of each patch of `numbered`, holes kept.

    `x` and `y` are where columns and rows begin and, last, where they end. From corner to corner: along a row or a
    column the corners of a patch are, two by two, the ends of its sides.
    """
    label, row, col, is_up = _corners(patch)
    upward = np.lexsort((is_up, row, col, label))
    along = np.empty(len(label), dtype=np.intp)  # the other end of the side along the column
    along[upward[::2]], along[upward[1::2]] = upward[1::2], upward[::2]
    ends, rings, seen = along.tolist(), [], bytearray(len(along))
    for first in range(0, len(ends), 2):  # those along a row stand side by side
        at, ring = first, []
        while not seen[at]:
            seen[at] = seen[at ^ 1] = 1
            ring += [at, at ^ 1]
            at = ends[at ^ 1]
        if ring:
            rings.append(ring)
    if not rings:
        return np.array([], dtype=object)
    # The ring with a patch's lowest side is its shell, and comes first; holes go round the other way.
    of = label[[ring[0] for ring in rings]]
    is_hole = np.append(False, of[1:] == of[:-1])
    rings = [ring[::-1] if hole else ring for ring, hole in zip(rings, is_hole, strict=True)]
    corner = np.concatenate([np.asarray(ring) for ring in rings])
    number = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    lines = shapely.linearrings(x[col[corner]], y[row[corner]], indices=number)
    return np.atleast_1d(shapely.polygons(lines, indices=of - 1))


def _corners(patch: np.ndarray) -> tuple[np.ndarray, ...]:
    """
    Patch, row, column of each corner, and whether its side along the column goes up; in their order.

    Where two places of a patch meet at a corner alone it has two, so that what is between stays apart.
    """
    around = np.pad(patch, 1)
    places = around[:-1, :-1], around[:-1, 1:], around[1:, :-1], around[1:, 1:]
    sw, se, nw, ne = places
    is_corner = ((sw != se) | (nw != ne)) & ((sw != nw) | (se != ne))
    row, col = np.nonzero(is_corner)
    sw, se, nw, ne = (some[is_corner] for some in places)
    found: list[tuple[np.ndarray, ...]] = []
    # Sides to the right and up are around the place north-east of a corner, and so on.
    for own, beside, over, across, right, up in (
        (ne, nw, se, sw, True, True),
        (nw, ne, sw, se, False, True),
        (se, sw, ne, nw, True, False),
        (sw, se, nw, ne, False, False),
    ):
        is_alone = (own > 0) & (beside != own) & (over != own) & (across != own)
        is_left_out = (beside > 0) & (beside == over) & (own != beside)
        for some, of in ((is_alone, own), (is_left_out, beside)):
            at = np.flatnonzero(some)
            sides = np.full(len(at), right), np.full(len(at), up)
            found.append((of[at], row[at], col[at], *sides))
    label, row, col, is_right, is_up = (np.concatenate(c) for c in zip(*found, strict=True))
    order = np.lexsort((is_right, col, row, label))
    return label[order], row[order], col[order], is_up[order]
