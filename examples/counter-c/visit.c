#include "visit.h"

#include "number.h"
#include "pause.h"

#define CONTAINER "counter"
#define PACKAGE "visits"
#define KEY "count"

/* Shorter names for what is used of the bindings. */
typedef lovely_session_sessions_error_t error_t;
typedef lovely_session_sessions_borrow_container_t container_t;
typedef lovely_session_sessions_borrow_package_t package_t;
typedef lovely_session_sessions_own_session_t session_t;
typedef lovely_session_transactions_borrow_transaction_t transaction_t;

/* With the pauses in between, about five seconds. */
enum { MAX_RUNS = 48 };

typedef enum {
  DONE,
  /* Nothing was written, and another run can succeed. */
  AGAIN,
  FAILED,
} outcome_t;

/* Frees the error. After any error that is not named here, above all `outcome-unknown`, no run may follow: the visit
 * could be counted twice. */
static outcome_t outcome_of(error_t *error) {
  uint8_t tag = error->tag;
  lovely_session_sessions_error_free(error);
  switch (tag) {
    case LOVELY_SESSION_TRANSACTIONS_ERROR_CONFLICT:
    case LOVELY_SESSION_TRANSACTIONS_ERROR_GONE:
    case LOVELY_SESSION_TRANSACTIONS_ERROR_ENDED:
      return AGAIN;
    default:
      return FAILED;
  }
}

static edge_function_string_t text(const char *characters) {
  edge_function_string_t string;
  edge_function_string_set(&string, characters);
  return string;
}

/* Reads the number of visits so far. */
static outcome_t read_count(package_t package, uint64_t *count) {
  edge_function_string_t key = text(KEY);
  edge_function_option_string_t json;
  error_t error;
  if (!lovely_session_sessions_method_package_get(package, &key, &json, &error)) return outcome_of(&error);
  *count = 0;
  bool is_number = !json.is_some || number_parse(&json.val, count);
  edge_function_option_string_free(&json);
  return is_number ? DONE : FAILED;
}

static outcome_t write_count(package_t package, uint64_t count) {
  char digits[NUMBER_MAX_BYTES];
  edge_function_string_t key = text(KEY), json = number_format(count, digits);
  error_t error;
  if (!lovely_session_sessions_method_package_set(package, &key, &json, &error)) return outcome_of(&error);
  return DONE;
}

static outcome_t count_in_session(session_t session, uint64_t *number) {
  edge_function_string_t name = text(PACKAGE);
  lovely_session_sessions_own_package_t owned;
  error_t error;
  lovely_session_sessions_borrow_session_t borrowed = lovely_session_sessions_borrow_session(session);
  if (!lovely_session_sessions_method_session_package(borrowed, &name, &owned, &error)) return outcome_of(&error);
  package_t package = lovely_session_sessions_borrow_package(owned);
  outcome_t outcome = read_count(package, number);
  if (outcome == DONE) outcome = write_count(package, ++*number);
  lovely_session_sessions_package_drop_own(owned);
  return outcome;
}

/* Finds the visitor's session. An id from a client is only ever resumed: it never becomes the id of a new session. */
static outcome_t resume(container_t container, transaction_t tx, const edge_function_string_t *id,
                        lovely_session_sessions_option_own_session_t *found) {
  error_t error;
  found->is_some = false;
  if (id->len == 0) return DONE;
  edge_function_string_t presented = *id;
  if (lovely_session_sessions_method_container_resume(container, tx, &presented, found, &error)) return DONE;
  found->is_some = false;
  if (error.tag != LOVELY_SESSION_TRANSACTIONS_ERROR_ENDED) return outcome_of(&error);
  /* Who comes with a session that ended is a new visitor. */
  lovely_session_sessions_error_free(&error);
  return DONE;
}

static outcome_t count_in_new_session(container_t container, transaction_t tx, visit_t *visit) {
  session_t session;
  error_t error;
  if (!lovely_session_sessions_method_container_create(container, tx, &session, &error)) return outcome_of(&error);
  lovely_session_sessions_method_session_id(lovely_session_sessions_borrow_session(session), &visit->begun);
  outcome_t outcome = count_in_session(session, &visit->number);
  lovely_session_sessions_session_drop_own(session);
  return outcome;
}

static outcome_t count_in_container(container_t container, transaction_t tx, const edge_function_string_t *presented,
                                    visit_t *visit) {
  lovely_session_sessions_option_own_session_t found;
  outcome_t outcome = resume(container, tx, presented, &found);
  if (outcome != DONE) return outcome;
  if (!found.is_some) return count_in_new_session(container, tx, visit);
  outcome = count_in_session(found.val, &visit->number);
  lovely_session_sessions_session_drop_own(found.val);
  return outcome;
}

static outcome_t count_in_transaction(transaction_t tx, const edge_function_string_t *presented, visit_t *visit) {
  edge_function_string_t name = text(CONTAINER);
  lovely_session_sessions_own_container_t container;
  error_t error;
  if (!lovely_session_sessions_static_container_open(&name, NULL, &container, &error)) return outcome_of(&error);
  outcome_t outcome =
      count_in_container(lovely_session_sessions_borrow_container(container), tx, presented, visit);
  lovely_session_sessions_container_drop_own(container);
  return outcome;
}

static outcome_t commit(transaction_t tx) {
  error_t error;
  return lovely_session_transactions_method_transaction_commit(tx, &error) ? DONE : outcome_of(&error);
}

static outcome_t run(const edge_function_string_t *presented, visit_t *visit) {
  *visit = (visit_t){0};
  lovely_session_transactions_own_transaction_t owned =
      lovely_session_transactions_constructor_transaction(NULL);
  transaction_t tx = lovely_session_transactions_borrow_transaction(owned);
  outcome_t outcome = count_in_transaction(tx, presented, visit);
  if (outcome == DONE) outcome = commit(tx);
  /* This aborts a transaction that was not committed. */
  lovely_session_transactions_transaction_drop_own(owned);
  if (outcome != DONE) edge_function_string_free(&visit->begun);
  return outcome;
}

bool visit_count(const edge_function_string_t *presented, visit_t *visit) {
  outcome_t outcome = run(presented, visit);
  for (unsigned runs = 1; outcome == AGAIN && runs < MAX_RUNS; runs++) {
    pause_before_run(runs);
    outcome = run(presented, visit);
  }
  return outcome == DONE;
}
