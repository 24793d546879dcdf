// Axes: which range a plot covers, where its marks are, and the path of a line. Pure.

/** An axis for values from 0 to at least `most`, with two to four steps between round numbers of base 10. */
export function decimalAxis(most, smallest = 0) {
  const rough = Math.max(most / 3, smallest, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((it) => it * power >= rough * 0.999) ?? 10;
  return linearAxis(most, Math.max(factor * power, smallest));
}

/** An axis for sizes in bytes, whose steps are powers of two. */
export function bytesAxis(most) {
  return linearAxis(most, 2 ** Math.ceil(Math.log2(Math.max(most, 1024) / 3)));
}

function linearAxis(most, step) {
  const steps = Math.max(1, Math.ceil((most / step) * 0.999));
  const top = steps * step;
  const marks = Array.from({ length: steps + 1 }, (_, i) => i * step);
  return { marks, top, share: (value) => Math.min(1, Math.max(0, value / top)) };
}

/** A logarithmic axis from a power of ten to another, for positive values. */
export function logarithmicAxis(least, most) {
  const from = Math.floor(Math.log10(least) + 1e-9);
  const to = Math.max(from + 1, Math.ceil(Math.log10(most) - 1e-9));
  const marks = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const share = (value) => Math.min(1, Math.max(0, (Math.log10(value) - from) / (to - from)));
  return { marks, top: 10 ** to, share };
}

/** The whole minutes between two times, oldest first. */
export function minutesBetween(from, to) {
  const marks = [];
  for (let at = Math.ceil(from / 60_000) * 60_000; at <= to; at += 60_000) marks.push(at);
  return marks;
}

/**
 * The parts of a line without a gap, as arrays of points `[x, y]`. A point is missing where the value is `NaN`, and a
 * part ends where the run does. An infinite value is drawn at the top.
 */
export function lineParts(moments, values, toX, toY) {
  const parts = [];
  let part;
  moments.forEach(({ at, run }, i) => {
    if (Number.isNaN(values[i]) || run !== moments[i - 1]?.run) part = undefined;
    if (Number.isNaN(values[i])) return;
    if (!part) parts.push((part = []));
    part.push([toX(at), toY(values[i])]);
  });
  return parts;
}

/** The path of a line; a part of a single point becomes a dash, so that it can be seen. */
export function linePath(parts) {
  return parts.map((part) => (part.length === 1 ? `M${text(part[0])}h1.5` : `M${part.map(text).join("L")}`)).join("");
}

/** The path of the area between a line and the bottom of the plot. */
export function areaPath(parts, bottom) {
  return parts
    .map((part) => `M${round(part[0][0])},${bottom}L${part.map(text).join("L")}V${bottom}Z`)
    .join("");
}

function text([x, y]) {
  return `${round(x)},${round(y)}`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
