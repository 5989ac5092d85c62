"""How many of 1,000 people need a place, for a study area."""

import dataclasses

import pandas as pd

from carecircles import io
from carecircles.area.values import StudyArea
from carecircles.errors import ValidationError
from carecircles.words import Sentence, listed


def with_needs(area: StudyArea, needs: io.Source) -> StudyArea:
    """
    The study area with a table of who needs a place, from a file or a frame.

    Parameters
    ----------
    area
        The study area; its population has the groups.
    needs
        As in `io.read_needs`.

    Raises
    ------
    ValidationError
        With every problem of the file, and for groups of which the population says nothing.

    Examples
    --------
    >>> from carecircles import datasets
    >>> table = pd.DataFrame({"group": ["people_80"], "kind": ["beds"], "per_1000": [60]})
    >>> with_needs(datasets.load("template"), table).needs["per_1000"].tolist()
    [60.0]
    """
    read = io.read_needs(needs, groups=area.groups)
    problems = needs_problems(read, area.population)
    if problems:
        raise ValidationError(problems)
    return dataclasses.replace(area, needs=read)


def needs_problems(needs: pd.DataFrame, population: pd.DataFrame) -> list[Sentence]:
    """Groups of a table of needs of which the population says nothing."""
    absent = [group for group in needs["group"].unique() if group not in population]
    if not absent:
        return []
    file, some = needs.attrs["file"], listed(absent)
    told = f"{file}: the population has no {some}; add those people, or take their rows out."
    return [Sentence(told, zh=f"{file}：人口表中没有 {some.zh}；请补上该类人口，或删去这些行。")]
