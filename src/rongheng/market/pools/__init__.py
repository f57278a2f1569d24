"""Pools: what may be bought with borrowed money and against what; underlyings, haircut caps, stops, brokers' lists."""
