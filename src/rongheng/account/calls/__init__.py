"""Calls (追保): lines and clocks; who is warned, who must act by when, who is cured and who has lapsed."""
