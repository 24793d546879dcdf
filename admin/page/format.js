// Numbers, with their units, for people. Pure. What is unknown is a dash.

const UNKNOWN = "–";
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Three digits that matter, and a comma between thousands. */
export function number(value) {
  if (!Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim(value / 1e6, size >= 1e7 ? 1 : 2)} M`;
  if (size >= 99.95) return Math.round(value).toLocaleString("en-US");
  if (size >= 9.995) return trim(value, 1);
  if (size >= 0.0995 || size === 0) return trim(value, 2);
  return trim(value, 3) === "0" ? "< 0.001" : trim(value, 3);
}

function trim(value, digits) {
  return String(Number(value.toFixed(digits)));
}

/** A frequency. */
export function perSecond(value) {
  return Number.isFinite(value) && value !== 0 ? `${number(value)}/s` : number(value);
}

/** A size in bytes. */
export function bytes(value) {
  if (!Number.isFinite(value)) return UNKNOWN;
  if (value === 0) return "0";
  const power = Math.floor(Math.log2(Math.max(Math.abs(value), 1)) / 10);
  const unit = Math.min(power, BYTE_UNITS.length - 1);
  return `${number(value / 1024 ** unit)} ${BYTE_UNITS[unit]}`;
}

/** A duration given in seconds, in µs, ms or s. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return UNKNOWN;
  if (seconds === 0) return "0";
  if (seconds < 0.000_999_5) return `${number(seconds * 1e6)} µs`;
  if (seconds < 0.999_5) return `${number(seconds * 1e3)} ms`;
  return `${number(seconds)} s`;
}

/** A share of 1. */
export function percent(share) {
  if (!Number.isFinite(share)) return UNKNOWN;
  const value = share * 100;
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${value < 100 && value > 99.9 ? "> 99.9" : number(value)} %`;
}

/** A length of time given in milliseconds, in its one or two largest units. */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 5 && seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** The time of day, in the time zone of the browser. */
export function timeOfDay(at) {
  const time = new Date(at);
  return `${minuteOfDay(at)}:${twoDigits(time.getSeconds())}`;
}

/** The time of day without seconds. */
export function minuteOfDay(at) {
  const time = new Date(at);
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
}

/** The time of day, with the date if it was another day than `now`. */
export function moment(at, now) {
  const time = new Date(at);
  if (time.toDateString() === new Date(now).toDateString()) return timeOfDay(at);
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())} ${timeOfDay(at)}`;
}

function twoDigits(value) {
  return String(value).padStart(2, "0");
}
