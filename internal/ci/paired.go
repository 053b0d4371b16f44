package ci

import (
	"math"
	"slices"
)

const (
	// minPairs is the smallest number of pairs from which a bound at 95 % exists:
	// that five pairs all lean to one side happens by chance in 1 of 32 cases.
	minPairs = 5
	risk     = 0.05 // that a bound is wrong
)

// change is how much the second of each pair is above the first, relative to it:
// the middle estimate and a lower and an upper bound, each of which is wrong in at
// most 5 of 100 cases. The pairs were built in turns on one machine, so what slows
// the machine down meanwhile slows both. ok is false with fewer than five pairs.
//
// It is the Hodges–Lehmann estimate on the logarithms of the ratios with the bounds
// of Wilcoxon's signed-rank test, exact for few pairs and free of assumptions about
// the shape of the noise, but for its being no more one-sided than that of a ratio
// of two like builds.
func change(before, after []float64) (middle, low, high float64, ok bool) {
	n := min(len(before), len(after))
	var logs []float64
	for i := range n {
		if before[i] > 0 && after[i] > 0 {
			logs = append(logs, math.Log(after[i]/before[i]))
		}
	}
	if len(logs) < minPairs {
		return 0, 0, 0, false
	}
	means := walsh(logs)
	k := rank(len(logs))
	at := func(i int) float64 { return math.Exp(means[i]) - 1 }
	last := len(means) - 1
	return math.Exp((means[last/2]+means[(last+1)/2])/2) - 1, at(k), at(last - k), true
}

// walsh are the means of all pairs of values, each value with itself included, in
// order.
func walsh(values []float64) []float64 {
	means := make([]float64, 0, len(values)*(len(values)+1)/2)
	for i, a := range values {
		for _, b := range values[i:] {
			means = append(means, (a+b)/2)
		}
	}
	slices.Sort(means)
	return means
}

// rank is how many of the ordered Walsh means lie outside a bound: the largest k
// for which the signed-rank statistic of n pairs is at most k with a probability
// of no more than risk, so that mean k, counted from 0, is the bound.
func rank(n int) int {
	// ways[s] counts the subsets of 1…n with the sum s, as shares of 2^n.
	ways := make([]float64, n*(n+1)/2+1)
	ways[0] = 1
	for i := 1; i <= n; i++ {
		for s := len(ways) - 1; s >= 0; s-- {
			ways[s] /= 2
			if s >= i {
				ways[s] += ways[s-i] / 2
			}
		}
	}
	sum := 0.0
	for k, share := range ways {
		if sum += share; sum > risk {
			return k - 1
		}
	}
	return len(ways) - 1
}
