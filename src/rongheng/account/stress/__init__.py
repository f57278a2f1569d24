"""What a book comes to if prices fall: scenarios, the fall that would do so much harm, and sales that feed on sales.

Scenarios are data (``find_scenarios``); ``stress`` runs them over marks, and ``cascade.cascade`` follows one through
forced sales and what they do to prices.
"""

from rongheng.account.stress.grid import Stressed, stress
from rongheng.account.stress.scenario import Kind, Scenario, Step
from rongheng.account.stress.scenario_files import find_scenarios
from rongheng.account.stress.traits import Traits

__all__ = ["Kind", "Scenario", "Step", "Stressed", "Traits", "find_scenarios", "stress"]
