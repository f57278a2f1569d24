"""The words that both wings of the house speak: errors, units, dates, names of indices, canonical tables."""
