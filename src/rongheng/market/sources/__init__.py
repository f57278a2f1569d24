"""Where facts come from: files and publishers, turned into canonical rows; nothing here knows the store."""

from rongheng.market.sources.files.read import read_file
from rongheng.market.sources.files.template import template

__all__ = ["read_file", "template"]
