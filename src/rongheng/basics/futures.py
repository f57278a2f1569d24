"""Index futures of CFFEX (中金所股指期货): products, what a point is worth, since when, and on which index.

What lives here: the contract's own terms, as the exchange printed them at launch. What does not: prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Product:
    """One product: yuan a point, its first session, and the key of its index."""

    code: str
    yuan_per_point: int
    first: date
    index: str


PRODUCTS: Final = {
    product.code: product
    for product in (
        Product("IF", 300, date(2010, 4, 16), "csi300"),
        Product("IH", 300, date(2015, 4, 16), "sse50"),
        Product("IC", 200, date(2015, 4, 16), "csi500"),
        Product("IM", 200, date(2022, 7, 22), "csi1000"),
    )
}
