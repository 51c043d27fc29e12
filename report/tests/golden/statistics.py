"""Numbers for report/tests/statistics.rs, from SciPy and statsmodels.

    pip install scipy statsmodels
    python3 report/tests/golden/statistics.py > report/tests/golden/statistics.json
"""

import json

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

random = np.random.default_rng(20240607)


def paired(name, differences, margin):
    differences = np.asarray(differences, dtype=float)
    nonzero = differences[differences != 0]
    wilcoxon = stats.wilcoxon(
        differences, zero_method="wilcox", correction=False, alternative="two-sided", method="asymptotic"
    )
    describe = DescrStatsW(differences)
    n = len(differences)
    error = differences.std(ddof=1) / np.sqrt(n)
    power = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8, alternative="two-sided")
    return {
        "name": name,
        "differences": differences.tolist(),
        "wilcoxon_p": wilcoxon.pvalue,
        "wilcoxon_smaller": wilcoxon.statistic,
        "nonzero": len(nonzero),
        "t_p": stats.ttest_1samp(differences, 0.0).pvalue,
        "margin": margin,
        "tost_p": describe.ttost_mean(-margin, margin)[0],
        "dz": differences.mean() / differences.std(ddof=1),
        "mde": error * (stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.8, n - 1)),
        "mde_exact": power * differences.std(ddof=1),
    }


def two_way(seeds, users):
    rows = random.normal(0, 1, (1, users)) + random.normal(0, 0.5, (seeds, 1)) + random.normal(0, 1, (seeds, users))
    a = users * rows.mean(axis=1).var(ddof=1)
    b = seeds * rows.mean(axis=0).var(ddof=1)
    error = np.sqrt((a + b) / (seeds * users))
    df = (a + b) ** 2 / (a**2 / (seeds - 1) + b**2 / (users - 1))
    return {
        "rows": rows.tolist(),
        "between_seeds": a,
        "between_users": b,
        "error": error,
        "df": df,
        "p": 2 * stats.t.sf(abs(rows.mean()) / error, df),
    }


p_values = [
    [0.01, 0.04, 0.03, 0.005],
    [0.5],
    [0.02, 0.02, 0.9, 1.0, 1e-9],
    random.uniform(0, 0.2, 12).tolist(),
]

print(
    json.dumps(
        {
            "made_with": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
            "paired": [
                paired("plain", random.normal(0.3, 1, 25), 0.8),
                paired("zeros and ties", [0, 0, 1, 1, -1, 2, -2, 2, 3, 0, -1, 1, 0.5, -0.5, 4], 1.5),
                paired("mostly zero", [0] * 40 + [0.5, -0.25, -0.5, -0.25, -0.125, 0.125, -1], 0.1),
                paired("large", random.normal(-0.05, 1, 400).round(1), 0.15),
            ],
            "two_way": [two_way(3, 20), two_way(5, 11)],
            "holm": [
                {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in p_values
            ],
            "t": [
                {"probability": q, "df": df, "quantile": stats.t.ppf(q, df), "upper": stats.t.sf(1.7, df)}
                for q in [0.6, 0.8, 0.975, 0.995]
                for df in [1, 2, 2.37, 4, 11.5, 799]
            ],
        },
        indent=1,
    )
)
