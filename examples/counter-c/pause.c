#include "pause.h"

#include <stdint.h>

#include "edge_function.h"

static const uint64_t MILLISECOND = 1000000;
static const uint64_t LONGEST = 250;

static uint64_t limit_after(unsigned runs) {
  uint64_t limit = 2;
  for (unsigned run = 2; run < runs && limit < LONGEST; run++) limit *= 2;
  return (limit < LONGEST ? limit : LONGEST) * MILLISECOND;
}

/* The last digits of the clock differ between instances, and nobody gains anything from guessing them. */
static uint64_t arbitrary_below(uint64_t limit) { return wasi_clocks_0_2_10_monotonic_clock_now() % limit; }

void pause_before_run(unsigned runs) {
  if (runs < 2) return;
  uint64_t length = arbitrary_below(limit_after(runs));
  wasi_io_poll_own_pollable_t end = wasi_clocks_0_2_10_monotonic_clock_subscribe_duration(length);
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(end));
  wasi_io_poll_pollable_drop_own(end);
}
