/* The cookie that carries the id of a visitor's session. */
#ifndef COOKIE_H
#define COOKIE_H

#include <stdbool.h>

#include "edge_function.h"

/* Finds the first cookie `sid` whose value can be a session id. The id points into the headers. */
bool cookie_find_id(const wasi_http_types_list_field_value_t *headers, edge_function_string_t *id);

/* Returns the value of a `Set-Cookie` header. The caller frees it. */
edge_function_list_u8_t cookie_with_id(const edge_function_string_t *id);

#endif
