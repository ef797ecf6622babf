"""Figures as a collector reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, str]


class Scrape:
    """One text, parsed by the library that collectors use."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The one sample of that name with exactly these labels."""
        (found,) = [each.value for each in self.samples if each.name == name and each.labels == labels]
        return float(found)

    def sum(self, name: str, **labels: str) -> float:
        """All samples of that name with at least these labels."""
        return sum(each.value for each in self.samples if each.name == name and labels.items() <= each.labels.items())
