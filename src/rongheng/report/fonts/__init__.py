"""The font of widths from which charts are laid out (``metrics.ttf``), and the script that builds it (``make``)."""
