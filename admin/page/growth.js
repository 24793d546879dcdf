// How counters and histograms grow. Pure.

/** How much a counter grew; `NaN` if either value is unknown, or if it shrank: then it was begun anew in between. */
export function growth(before, after) {
  const grown = after - before;
  return grown >= 0 ? grown : NaN;
}

/** How much the values of a counter grew in all, leaving out the steps where one is unknown or it was begun anew. */
export function totalGrowth(values) {
  let sum = NaN;
  for (let i = 1; i < values.length; i += 1) {
    const step = growth(values[i - 1], values[i]);
    if (!Number.isNaN(step)) sum = (Number.isNaN(sum) ? 0 : sum) + step;
  }
  return sum;
}

/** The histogram of what was observed between two readings; `undefined` if they cannot be compared. */
export function histogramGrowth(before, after) {
  if (!before || !after || !sameBounds(before.bounds, after.bounds)) return undefined;
  const counts = after.counts.map((count, i) => growth(before.counts[i], count));
  return counts.some(Number.isNaN) ? undefined : { bounds: after.bounds, counts };
}

/** Adds a histogram to another; either may be `undefined`. */
export function addHistograms(one, other) {
  if (!one || !other) return one ?? other;
  if (!sameBounds(one.bounds, other.bounds)) return other;
  return { bounds: one.bounds, counts: one.counts.map((count, i) => count + other.counts[i]) };
}

function sameBounds(one, other) {
  return one.length === other.length && one.every((bound, i) => bound === other[i]);
}

/**
 * The value that a share `q` of the observations does not exceed, interpolated inside its bucket. `NaN` if nothing was
 * observed, and `Infinity` if it exceeds the highest finite bound.
 */
export function quantile(histogram, q) {
  const { bounds = [], counts = [] } = histogram ?? {};
  const all = counts.at(-1) ?? 0;
  if (all === 0) return NaN;
  const rank = q * all;
  const bucket = counts.findIndex((count) => count >= rank && count > 0);
  const bound = bounds[bucket];
  if (bound === Infinity) return Infinity;
  const [from, below] = bucket === 0 ? [0, 0] : [bounds[bucket - 1], counts[bucket - 1]];
  return from + (bound - from) * ((rank - below) / (counts[bucket] - below));
}
