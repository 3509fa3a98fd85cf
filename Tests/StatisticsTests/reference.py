"""Makes reference.json, the values that StatisticsTests compares against, with SciPy and NumPy.

python3 -m venv venv && venv/bin/pip install scipy==1.17.1
venv/bin/python reference.py > reference.json

Samples are drawn from a fixed seed and written with all their digits, so that both sides see the same numbers.
"""

import json
import math

import numpy
import scipy
from scipy import stats

random = numpy.random.default_rng(20261130)


def cases(function, *arguments):
    return [{"x": list(row), "y": float(function(*row))} for row in arguments]


def grid(*axes):
    return [tuple(float(v) for v in row) for row in numpy.array(numpy.meshgrid(*axes)).T.reshape(-1, len(axes))]


def noncentral_t(t, degrees, noncentrality):
    """SciPy's, which is not a number far below the noncentrality, though its complement is 1 there."""
    below = stats.nct.cdf(t, degrees, noncentrality)
    return 1 - stats.nct.sf(t, degrees, noncentrality) if math.isnan(below) else below


def distributions():
    probabilities = [1e-12, 1e-6, 0.0005, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9995]
    degrees = [1, 2, 4.5, 9, 30, 400]
    binomial = [(n, p, k) for n in (1, 10, 300) for p in (0.01, 0.3, 0.9) for k in (0, 1, int(n * p), n - 1)]
    noncentral = [(t, d, c) for t in (-1.5, 0, 0.7, 4.2, 45) for d in (3, 9, 18) for c in (-1, 0.5, 3, 42)]
    return {
        "incompleteBeta": cases(scipy.special.betainc, *grid([0.5, 2, 40], [0.5, 7, 300], [1e-4, 0.2, 0.5, 0.97])),
        "incompleteGammaLower": cases(scipy.special.gammainc, *grid([0.5, 3, 80], [1e-3, 0.9, 4, 90])),
        "incompleteGammaUpper": cases(scipy.special.gammaincc, *grid([0.5, 3, 80], [1e-3, 0.9, 4, 90])),
        "normalCumulative": cases(stats.norm.cdf, *grid([-12, -3.3, -0.2, 0, 1, 5])),
        "normalSurvival": cases(stats.norm.sf, *grid([-3, 0, 2.2, 9, 20])),
        "normalQuantile": cases(stats.norm.ppf, *grid([1e-300, 1e-20, *probabilities, 0.999999])),
        "studentTCumulative": cases(stats.t.cdf, *grid([-30, -2, -0.1, 0, 0.6, 3], degrees)),
        "studentTSurvival": cases(stats.t.sf, *grid([-2, 0, 2.3, 8, 60], degrees)),
        "studentTDensity": cases(stats.t.pdf, *grid([-2, 0, 0.4, 8], degrees)),
        "studentTQuantile": cases(stats.t.ppf, *grid(probabilities, degrees)),
        "noncentralTCumulative": cases(noncentral_t, *noncentral),
        "chiSquaredSurvival": cases(stats.chi2.sf, *grid([0.01, 1.3, 9, 60], [1, 4, 12])),
        "binomialMass": cases(lambda n, p, k: stats.binom.pmf(k, n, p), *binomial),
        "binomialCumulative": cases(lambda n, p, k: stats.binom.cdf(k, n, p), *binomial),
        "binomialSurvival": cases(lambda n, p, k: stats.binom.sf(k, n, p), *binomial),
    }


def samples():
    far = numpy.append(random.normal(100, 3, 9), 140.0)
    walk = numpy.cumsum(random.normal(0, 1, 40)) + 50
    return [
        random.normal(10, 1, 10),
        random.exponential(3, 10),
        random.lognormal(0, 1, 25),
        far,
        walk,
        numpy.array([4.0, 4, 4, 4, 4, 4, 9, 4]),
        numpy.array([1e9 + 1, 1e9 + 2, 1e9 + 4, 1e9 + 8, 1e9 + 16]),
    ]


class SplitMix64:
    """The generator of Sources/SeededRandom, so that both sides draw the same resamples."""

    mask = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.mask
        value = self.state
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & self.mask
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & self.mask
        return ((value ^ (value >> 31)) * bound) >> 64


def bootstrap_t(sample, level, resamples, seed):
    """The bootstrap-t interval of the mean; SciPy's bootstrap has no such method."""
    draw = SplitMix64(seed)
    t = []
    for _ in range(resamples):
        drawn = sample[[draw.below(len(sample)) for _ in sample]]
        deviation = drawn.std(ddof=1)
        shift = drawn.mean() - sample.mean()
        t.append(shift / (deviation / math.sqrt(len(sample))) if deviation > 0 else math.copysign(math.inf, shift))
    low, high = numpy.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    error = stats.sem(sample)
    return [sample.mean() - high * error, sample.mean() - low * error]


def ljung_box(sample, lags):
    deviations = sample - sample.mean()
    n = len(sample)
    r = [float((deviations[:-k] * deviations[k:]).sum() / (deviations**2).sum()) for k in range(1, lags + 1)]
    statistic = n * (n + 2) * sum(r[k - 1] ** 2 / (n - k) for k in range(1, lags + 1))
    return {"coefficients": r, "statistic": statistic, "pValue": float(stats.chi2.sf(statistic, lags))}


def prediction(sample, count, level):
    n = len(sample)
    width = stats.t.ppf((1 + level) / 2, n - 1) * sample.std(ddof=1) * math.sqrt(1 / n + 1 / count)
    return [sample.mean() - width, sample.mean() + width]


def described(sample):
    quantiles = [0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.99, 1]
    distance = stats.median_abs_deviation(sample)
    mean_distance = numpy.abs(sample - numpy.median(sample)).mean()
    scale = distance / 0.6745 if distance > 0 else 1.253314 * mean_distance
    scores = (sample - numpy.median(sample)) / scale
    return {
        "values": sample.tolist(),
        "mean": sample.mean(),
        "standardDeviation": sample.std(ddof=1),
        "quantiles": [{"x": [q], "y": float(numpy.quantile(sample, q))} for q in quantiles],
        "medianAbsoluteDeviation": float(distance),
        "outlierScores": scores.tolist(),
        "studentT95": list(stats.ttest_1samp(sample, 0).confidence_interval(0.95)),
        "studentT99": list(stats.ttest_1samp(sample, 0).confidence_interval(0.99)),
        "prediction95of1": prediction(sample, 1, 0.95),
        "prediction95of5": prediction(sample, 5, 0.95),
        "ljungBox": ljung_box(sample, 3),
    }


def bootstraps():
    chosen = [s for s in samples() if len(s) >= 10]
    found = []
    for seed, sample in enumerate(chosen, 1):
        for level in (0.95, 0.99):
            interval = bootstrap_t(sample, level, 500, seed)
            found.append({"values": sample.tolist(), "level": level, "seed": seed, "interval": interval})
    return found


def wilson():
    found = []
    for successes, trials in [(0, 1), (0, 20), (1, 20), (7, 10), (20, 20), (3, 1000), (512, 1000)]:
        for level in (0.95, 0.99):
            interval = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
            found.append({"successes": successes, "trials": trials, "level": level, "interval": list(interval)})
    return found


def signed_ranks():
    tied = numpy.array([1.0, -1, 2, 2, 3, -3, 4, 5, 0, 6])
    exact = stats.PermutationMethod(n_resamples=math.inf)
    many_tied = numpy.round(random.normal(0.5, 2, 60))
    chosen = [
        (random.normal(0.4, 1, 6), "exact"),
        (random.normal(0.4, 1, 10), "exact"),
        (random.normal(-0.2, 1, 25), "exact"),
        (numpy.array([1.0, 2, 3, 4, 5]), "exact"),
        (tied, exact),
        (random.normal(0.3, 1, 40), "asymptotic"),
        (many_tied, "asymptotic"),
    ]
    found = []
    for differences, method in chosen:
        kept = differences[differences != 0]
        test = stats.wilcoxon(kept, method=method, correction=method == "asymptotic")
        positive = float(stats.rankdata(abs(kept))[kept > 0].sum())
        found.append(
            {
                "differences": differences.tolist(),
                "positiveRanks": positive,
                "pValue": float(test.pvalue),
                "isExact": method != "asymptotic",
            }
        )
    return found


def holm(values):
    order = numpy.argsort(values)
    steps = numpy.maximum.accumulate([min(1, values[i] * (len(values) - rank)) for rank, i in enumerate(order)])
    adjusted = numpy.empty(len(values))
    adjusted[order] = steps
    return adjusted.tolist()


def corrections():
    lists = [[0.01, 0.04, 0.03, 0.005], [0.9, 0.2, 0.7], [0.001, 0.001, 0.5, 0.02, 0.0001, 0.8], [0.04]]
    return [{"pValues": p, "holm": holm(p), "bonferroni": [min(1, v * len(p)) for v in p]} for p in lists]


def powers():
    found = []
    for difference, deviation, level in [
        (0.1, 0.03, 0.05),
        (0.3, 0.08, 0.05 / 35),
        (0.1, 0.08, 0.05),
        (0.3, 0.03, 0.01),
    ]:
        for old, new in [(2, 2), (10, 10), (10, 3), (40, 40)]:
            critical = stats.t.ppf(1 - level / 2, old - 1)
            shift = difference / (deviation * math.sqrt(1 / old + 1 / new))
            power = stats.nct.sf(critical, old - 1, shift) + noncentral_t(-critical, old - 1, shift)
            x = [difference, deviation, level, old, new]
            found.append({"x": x, "y": float(power)})
    return found


def plain(value):
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.item() if isinstance(value, numpy.generic) else value


reference = {
    "madeBy": f"reference.py with SciPy {scipy.__version__} and NumPy {numpy.__version__}",
    "distributions": distributions(),
    "samples": [described(s) for s in samples()],
    "bootstraps": bootstraps(),
    "wilson": wilson(),
    "signedRanks": signed_ranks(),
    "corrections": corrections(),
    "powers": powers(),
}
# A case a line: a change shows as one.
print(json.dumps(plain(reference), allow_nan=False).replace("}, ", "},\n").replace('], "', '],\n"'))
