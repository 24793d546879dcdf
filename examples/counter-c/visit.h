/* A visit: the transaction that counts it. */
#ifndef VISIT_H
#define VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "edge_function.h"

typedef struct {
  /* The number of this visit, from 1. */
  uint64_t number;
  /* The id of the session that the visit began; empty if the visitor had one. The caller frees it. */
  edge_function_string_t begun;
} visit_t;

/* Counts a visit in the session with the presented id, or in a new one if there is no such session. Returns false,
 * with nothing to free, if the visit was not counted or may not have been. */
bool visit_count(const edge_function_string_t *presented, visit_t *visit);

#endif
