/* Counts a visitor's visits: the smallest edge function that keeps a session, in C. */

#include <stdlib.h>
#include <string.h>

#include "cookie.h"
#include "edge_function.h"
#include "number.h"
#include "visit.h"

#define BEFORE "visits: "
#define AFTER "\n"
#define NOT_COUNTED "This visit may not have been counted; try again later.\n"

enum {
  STATUS_OK = 200,
  STATUS_UNAVAILABLE = 503,
  MAX_TEXT_BYTES = sizeof BEFORE - 1 + NUMBER_MAX_BYTES + sizeof AFTER - 1,
};

/* Returns the values of the `Cookie` headers. The caller frees them. */
static wasi_http_types_list_field_value_t cookie_headers(wasi_http_types_own_incoming_request_t request) {
  wasi_http_types_own_headers_t headers =
      wasi_http_types_method_incoming_request_headers(wasi_http_types_borrow_incoming_request(request));
  edge_function_string_t name;
  edge_function_string_set(&name, "cookie");
  wasi_http_types_list_field_value_t values;
  wasi_http_types_method_fields_get(wasi_http_types_borrow_fields(headers), &name, &values);
  wasi_http_types_fields_drop_own(headers);
  return values;
}

static bool count(wasi_http_types_own_incoming_request_t request, visit_t *visit) {
  wasi_http_types_list_field_value_t cookies = cookie_headers(request);
  edge_function_string_t presented = {0};
  cookie_find_id(&cookies, &presented);
  bool is_counted = visit_count(&presented, visit);
  wasi_http_types_list_field_value_free(&cookies);
  return is_counted;
}

static void append_cookie(wasi_http_types_own_headers_t headers, const edge_function_string_t *id) {
  edge_function_string_t name;
  edge_function_string_set(&name, "set-cookie");
  edge_function_list_u8_t cookie = cookie_with_id(id);
  wasi_http_types_field_value_t value = {cookie.ptr, cookie.len};
  wasi_http_types_header_error_t error;
  if (!wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(headers), &name, &value, &error)) {
    wasi_http_types_header_error_free(&error);
  }
  free(cookie.ptr);
}

static void write_text(wasi_http_types_own_outgoing_body_t body, edge_function_list_u8_t text) {
  wasi_http_types_own_output_stream_t stream;
  if (!wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream)) return;
  wasi_io_streams_stream_error_t error;
  /* An error means that the client is gone; there is nobody left to tell. */
  if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(wasi_io_streams_borrow_output_stream(stream),
                                                                     &text, &error)) {
    wasi_io_streams_stream_error_free(&error);
  }
  wasi_io_streams_output_stream_drop_own(stream);
}

/* Sends a response, and takes the headers and `out`. */
static void respond(wasi_http_types_own_response_outparam_t out, wasi_http_types_own_headers_t headers,
                    wasi_http_types_status_code_t status, edge_function_list_u8_t text) {
  wasi_http_types_own_outgoing_response_t response = wasi_http_types_constructor_outgoing_response(headers);
  wasi_http_types_borrow_outgoing_response_t borrowed = wasi_http_types_borrow_outgoing_response(response);
  wasi_http_types_own_outgoing_body_t body;
  /* Neither can fail: the status is valid, and nobody took the body before. */
  if (!wasi_http_types_method_outgoing_response_set_status_code(borrowed, status)) abort();
  if (!wasi_http_types_method_outgoing_response_body(borrowed, &body)) abort();
  wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = false, .val.ok = response};
  wasi_http_types_static_response_outparam_set(out, &result);
  write_text(body, text);
  wasi_http_types_error_code_t error;
  if (!wasi_http_types_static_outgoing_body_finish(body, NULL, &error)) wasi_http_types_error_code_free(&error);
}

static edge_function_list_u8_t text_of(uint64_t visits, uint8_t buffer[MAX_TEXT_BYTES]) {
  char digits[NUMBER_MAX_BYTES];
  edge_function_string_t number = number_format(visits, digits);
  uint8_t *end = buffer;
  memcpy(end, BEFORE, sizeof BEFORE - 1);
  end += sizeof BEFORE - 1;
  memcpy(end, number.ptr, number.len);
  end += number.len;
  memcpy(end, AFTER, sizeof AFTER - 1);
  end += sizeof AFTER - 1;
  return (edge_function_list_u8_t){buffer, (size_t)(end - buffer)};
}

void exports_wasi_http_incoming_handler_handle(exports_wasi_http_incoming_handler_own_incoming_request_t request,
                                               exports_wasi_http_incoming_handler_own_response_outparam_t out) {
  visit_t visit;
  bool is_counted = count(request, &visit);
  wasi_http_types_incoming_request_drop_own(request);
  wasi_http_types_own_headers_t headers = wasi_http_types_constructor_fields();
  if (!is_counted) {
    edge_function_list_u8_t text = {(uint8_t *)NOT_COUNTED, sizeof NOT_COUNTED - 1};
    respond(out, headers, STATUS_UNAVAILABLE, text);
    return;
  }
  if (visit.begun.len > 0) append_cookie(headers, &visit.begun);
  uint8_t buffer[MAX_TEXT_BYTES];
  respond(out, headers, STATUS_OK, text_of(visit.number, buffer));
  edge_function_string_free(&visit.begun);
}
