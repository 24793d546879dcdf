#include "number.h"

bool number_parse(const edge_function_string_t *text, uint64_t *number) {
  uint64_t parsed = 0;
  if (text->len == 0) return false;
  for (size_t place = 0; place < text->len; place++) {
    unsigned digit = (unsigned)(text->ptr[place] - '0');
    if (digit > 9 || parsed > (UINT64_MAX - 1 - digit) / 10) return false;
    parsed = 10 * parsed + digit;
  }
  *number = parsed;
  return true;
}

edge_function_string_t number_format(uint64_t number, char buffer[NUMBER_MAX_BYTES]) {
  char *end = buffer + NUMBER_MAX_BYTES, *digit = end;
  do {
    *--digit = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return (edge_function_string_t){(uint8_t *)digit, (size_t)(end - digit)};
}
