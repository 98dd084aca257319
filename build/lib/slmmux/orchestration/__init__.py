"""One file per method, all with the same `evaluate(votes, budget, validation_accuracy, mode, trials, seed)`.

Beside it a method's module says what tables, figures and commands need to know:

LABEL                       its name in tables and figures.
NEEDS_VALIDATION_ACCURACY   it prefers some models to others; without it `validation_accuracy` may be None.
ONE_MODEL                   it runs the best single model alone, however many it is given.
fit                         only where parameters are fitted: `fit(validation, budget)` takes the validation votes of
                            the same models and returns them, and `evaluate` takes what it returned in the place of
                            `validation_accuracy`. slmmux.orchestration.evaluate does both.
"""

from importlib import import_module

# Adding a method is adding its file and its line here. The order is that of the rows of every table.
METHODS = {
    name: import_module(f"slmmux.orchestration.{name}")
    for name in (
        "single_best",
        "self_consistency",
        "self_consistency_total",
        "self_consistency_tokens",
        "agent_forest",
        "best_supporter",
        "accuracy_weighted_vote",
        "log_odds_vote",
        "count_log_odds_vote",
        "slm_mux",
        "calibrated_slm_mux",
        "label_free",
        "cascade",
        "model_switch",
        "reachable_ceiling",
        "oracle",
    )
}
