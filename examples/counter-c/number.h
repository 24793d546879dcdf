/* Numbers as JSON. The C library could do this as well, but its functions bring files along, and with them imports. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "edge_function.h"

/* The largest uint64_t has 20 digits. */
enum { NUMBER_MAX_BYTES = 20 };

/* Reads a number without a sign, a fraction or an exponent. Returns false for anything else, and for a number that is
 * too large to be followed by another one. */
bool number_parse(const edge_function_string_t *text, uint64_t *number);

/* Writes the digits into the buffer, and returns them. */
edge_function_string_t number_format(uint64_t number, char buffer[NUMBER_MAX_BYTES]);

#endif
