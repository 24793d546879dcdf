// What a request says.

import { Refusal } from './refusal.js';

/** The most bytes that a body may have: far more than any form here needs. */
const MAX_BODY = 64 * 1024;

const FORM = 'application/x-www-form-urlencoded';

/** The path, still percent-encoded, without the query. */
export function pathOf(request) {
  return new URL(request.url).pathname;
}

/** Whether the page's forms sent it, rather than a client that speaks JSON. */
export function isForm(request) {
  return mediaType(request) === FORM;
}

/** Whether a browser says that another site had it sent. */
export function isCrossSite(request) {
  return request.headers.get('sec-fetch-site') === 'cross-site';
}

/** Reads the body, as a form or as JSON. A body without a type is taken for JSON. */
export async function fieldsOf(request) {
  switch (mediaType(request)) {
    case FORM:
      return formFields(await bodyOf(request));
    case undefined:
    case 'application/json':
      return jsonFields(await bodyOf(request));
    default:
      throw new Refusal(415, 'send JSON, with the content type application/json');
  }
}

/** Decodes `%41` to `A`; throws if an escape is broken or the result is not UTF-8. */
export const percentDecoded = decodeURIComponent;

/** Named values, read in the same way from a form and from JSON. Of equal names the last counts. */
class Fields {
  #members;
  #toNumber;

  constructor(members, toNumber) {
    this.#members = members;
    this.#toNumber = toNumber;
  }

  /** A text; undefined if it is missing or something else. */
  text(name) {
    const value = this.#members[name];
    return typeof value === 'string' && value.isWellFormed() ? value : undefined;
  }

  /** A whole number; undefined if it is missing or something else. */
  wholeNumber(name) {
    const value = this.#toNumber(this.#members[name]);
    return Number.isInteger(value) ? value : undefined;
  }
}

function formFields(body) {
  try {
    const pairs = textFrom(body).split('&').filter((pair) => pair !== '');
    const digits = (text) => (/^\d+$/.test(text) ? Number(text) : undefined);
    return new Fields(Object.fromEntries(pairs.map(formField)), digits);
  } catch {
    throw new Refusal(400, 'the form is not encoded as forms are');
  }
}

/** Unlike URLSearchParams, which takes a broken escape for a text. */
function formField(pair) {
  const [name, ...value] = pair.split('=');
  return [name, value.join('=')].map((text) => percentDecoded(text.replaceAll('+', ' ')));
}

function jsonFields(body) {
  try {
    const members = JSON.parse(textFrom(body), wholeNumbersOnly);
    if (Object.getPrototypeOf(members) === Object.prototype) {
      return new Fields(members, (value) => value);
    }
  } catch {
    // Nothing that JSON.parse knows is worth telling.
  }
  throw new Refusal(400, 'the body must be a JSON object');
}

/** What is written `2.0` or `2e0` is not meant as a count; as a number it would be 2. */
function wholeNumbersOnly(_name, value, { source }) {
  return typeof value === 'number' && !/^-?\d+$/.test(source) ? undefined : value;
}

function textFrom(bytes) {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

async function bodyOf(request) {
  const body = await request.arrayBuffer();
  if (body.byteLength > MAX_BODY) throw new Refusal(413, 'the body is over 64 KiB');
  return body;
}

function mediaType(request) {
  return request.headers.get('content-type')?.split(';')[0].trim().toLowerCase();
}
