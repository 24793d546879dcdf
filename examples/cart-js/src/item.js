// What can lie in a cart.

/** In full, because this engine does not know `\p{Cc}`. */
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Whether a text names a thing on sale: 1 to 64 characters, not blank, none of them a control
 * character (an HTML form could not send those back unchanged).
 */
export function isSku(text) {
  return [...text].length <= 64 && text.trim() !== '' && !CONTROL_CHARACTER.test(text);
}

/** Whether so many of a thing can be added at a time. */
export function isQuantity(number) {
  return number >= 1 && number <= 1000;
}
