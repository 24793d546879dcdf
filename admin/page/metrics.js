// Reads the text that `/metrics` returns, in the OpenMetrics format. Pure.

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*)\})?[ \t]+(\S+)/;
const ESCAPES = { n: "\n" };

/** The text is not what a server of metrics sends, or its end is missing. */
export class MetricsError extends Error {}

/**
 * Parses a whole text into the samples of each name: a map from names to arrays of `{ labels, value }`.
 *
 * Throws a `MetricsError` for a text that is cut off, or that holds a line in another format.
 */
export function parseMetrics(text) {
  const metrics = new Map();
  const lines = text.trimEnd().split("\n");
  if (lines.at(-1).trimEnd() !== "# EOF") {
    throw new MetricsError("the metrics do not end with # EOF");
  }
  for (const line of lines) {
    if (line.startsWith("#") || line.trim() === "") continue;
    const [name, sample] = parseSample(line);
    const samples = metrics.get(name);
    if (samples) samples.push(sample);
    else metrics.set(name, [sample]);
  }
  return metrics;
}

function parseSample(line) {
  const found = SAMPLE.exec(line);
  const value = found ? parseValue(found[3]) : undefined;
  if (value === undefined) throw new MetricsError(`not a line of metrics: ${line.slice(0, 100)}`);
  return [found[1], { labels: parseLabels(found[2] ?? ""), value }];
}

function parseLabels(text) {
  const labels = Object.create(null);
  for (const [, name, value] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => ESCAPES[escaped] ?? escaped);
  }
  return labels;
}

function parseValue(text) {
  if (text === "NaN") return NaN;
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** The samples of a name whose labels pass `wanted`. */
export function samples(metrics, name, wanted = () => true) {
  return (metrics.get(name) ?? []).filter(({ labels }) => wanted(labels));
}

/** The sum of the samples of a name whose labels pass `wanted`; `undefined` if there are none. */
export function total(metrics, name, wanted) {
  const found = samples(metrics, name, wanted);
  return found.length > 0 ? found.reduce((sum, { value }) => sum + value, 0) : undefined;
}

/** The values that a label has in the samples of a name, in order. */
export function labelValues(metrics, name, label) {
  const values = new Set(samples(metrics, name).map(({ labels }) => labels[label]));
  values.delete(undefined);
  return [...values].sort();
}

/**
 * The histogram of a name: ascending `bounds`, of which the last is infinite, and how many observations each of them
 * covers (`counts`, cumulative). Histograms whose labels pass `wanted` are added up; `undefined` if there are none.
 */
export function histogram(metrics, name, wanted) {
  const buckets = new Map();
  for (const { labels, value } of samples(metrics, `${name}_bucket`, wanted)) {
    const bound = parseValue(labels.le ?? "");
    if (bound !== undefined) buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  if (!buckets.has(Infinity)) return undefined;
  const bounds = [...buckets.keys()].sort((one, other) => one - other);
  return { bounds, counts: bounds.map((bound) => buckets.get(bound)) };
}
