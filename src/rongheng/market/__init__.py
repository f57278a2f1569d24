"""The market half: public data in; leverage, collateral, lows and pressure of the whole market out."""
