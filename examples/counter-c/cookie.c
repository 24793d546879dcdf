#include "cookie.h"

#include <stdlib.h>
#include <string.h>

#define NAME "sid="
/* Without `Secure`, for development over plain HTTP. Where browsers come over HTTPS, add `; Secure`, and make the name
 * `__Host-sid`, which no other host of the site can set. */
#define ATTRIBUTES "; HttpOnly; SameSite=Lax; Path=/"

enum { MAX_ID_BYTES = 1024 };

typedef struct {
  const uint8_t *begin;
  const uint8_t *end;
} span_t;

static bool is_space(uint8_t byte) { return byte == ' ' || byte == '\t'; }

static span_t trim(span_t span) {
  while (span.begin < span.end && is_space(*span.begin)) span.begin++;
  while (span.begin < span.end && is_space(span.end[-1])) span.end--;
  return span;
}

/* The bytes that RFC 6265 allows in the value of a cookie. */
static bool is_cookie_octet(uint8_t byte) {
  return byte > ' ' && byte < 0x7f && byte != '"' && byte != ',' && byte != ';' && byte != '\\';
}

static bool is_id(span_t value) {
  size_t length = (size_t)(value.end - value.begin);
  if (length == 0 || length > MAX_ID_BYTES) return false;
  for (const uint8_t *byte = value.begin; byte < value.end; byte++) {
    if (!is_cookie_octet(*byte)) return false;
  }
  return true;
}

/* Reads one `name=value`. */
static bool id_in_pair(span_t pair, edge_function_string_t *id) {
  const size_t name_length = sizeof NAME - 1;
  if ((size_t)(pair.end - pair.begin) < name_length || memcmp(pair.begin, NAME, name_length) != 0) return false;
  span_t value = {pair.begin + name_length, pair.end};
  if (!is_id(value)) return false;
  id->ptr = (uint8_t *)value.begin;
  id->len = (size_t)(value.end - value.begin);
  return true;
}

static bool id_in_header(span_t header, edge_function_string_t *id) {
  while (header.begin < header.end) {
    const uint8_t *semicolon = memchr(header.begin, ';', (size_t)(header.end - header.begin));
    span_t pair = {header.begin, semicolon ? semicolon : header.end};
    if (id_in_pair(trim(pair), id)) return true;
    header.begin = semicolon ? semicolon + 1 : header.end;
  }
  return false;
}

bool cookie_find_id(const wasi_http_types_list_field_value_t *headers, edge_function_string_t *id) {
  for (size_t number = 0; number < headers->len; number++) {
    span_t header = {headers->ptr[number].ptr, headers->ptr[number].ptr + headers->ptr[number].len};
    if (id_in_header(header, id)) return true;
  }
  return false;
}

edge_function_list_u8_t cookie_with_id(const edge_function_string_t *id) {
  const size_t name_length = sizeof NAME - 1, attributes_length = sizeof ATTRIBUTES - 1;
  edge_function_list_u8_t cookie = {NULL, name_length + id->len + attributes_length};
  cookie.ptr = malloc(cookie.len);
  if (cookie.ptr == NULL) abort();
  memcpy(cookie.ptr, NAME, name_length);
  memcpy(cookie.ptr + name_length, id->ptr, id->len);
  memcpy(cookie.ptr + name_length + id->len, ATTRIBUTES, attributes_length);
  return cookie;
}
