"""Results of prefsweep as data frames.

>>> import prefsweep
>>> results = prefsweep.load("results/my")             # doctest: +SKIP
>>> results.metrics                                    # doctest: +SKIP
"""

from .errors import ResultsError
from .results import Results, load
from .trackers import to_mlflow, to_wandb

__all__ = ["Results", "ResultsError", "load", "to_mlflow", "to_wandb"]
