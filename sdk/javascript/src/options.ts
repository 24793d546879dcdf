// Options of containers and of transactions, and their checks.

import { InvalidOptionError } from './errors/sessions.js';
import { MisuseError } from './errors/use.js';

/** Options of a container. Open containers of the same name with the same options everywhere. */
export interface ContainerOptions {
  /**
   * The number of seconds without activity after which a session ends; 0 means never. At most 315,360,000 (ten years);
   * 3,600 by default. Reading is activity.
   */
  timeout?: number | undefined;
  /**
   * On a store that cannot slide an expiry: the number of seconds after which a read writes the record again, to keep
   * the session alive. Values over half the timeout act as half the timeout; 300 by default.
   */
  resolution?: number | undefined;
  /** The maximum size of a session's record, in bytes; 1,000,000 by default. */
  maxSize?: number | undefined;
  /**
   * The number of seconds for which a destroyed session is remembered, so that requests in progress fail with
   * `EndedError` instead of beginning it again. 1 to 86,400; 60 by default. It should exceed the duration of the longest
   * request.
   */
  rememberEnded?: number | undefined;
}

/**
 * Which changes of other transactions make a commit fail with `ConflictError`: `serializable`: those of what this one
 * read or wrote; `snapshot`: only those of what this one wrote; `last-writer-wins`: none, and updates of others can be
 * lost. At every level a commit is atomic over all its sessions, and never brings back a session that ended.
 */
export type Isolation = 'serializable' | 'snapshot' | 'last-writer-wins';

/** Options of `transact`. */
export interface TransactOptions {
  /** The isolation level; `serializable` by default. */
  isolation?: Isolation | undefined;
  /**
   * The time after the beginning of the first run within which another run may begin, in milliseconds; 5,000 by default.
   * With 0, the work runs once.
   *
   * The second run begins at once. Before each further run there is a random pause, whose limit doubles up to 250 ms.
   * When the next pause would end after this time, the conflict is thrown instead.
   *
   * Leave time for one more run, and for the rest of the request, within the time limit of the host, which ends the
   * request without a response of the application. The time limit of `lovely-session serve` is 30 seconds unless
   * `--time-limit` sets another one.
   */
  patience?: number | undefined;
}

const TEN_YEARS = 315_360_000;
const DAY = 86_400;
const MAX_U32 = 0xffff_ffff;
const DEFAULT_PATIENCE = 5000;

/** Returns the options of a container that the bindings take. */
export function checkedContainerOptions(options: ContainerOptions): ContainerOptions {
  return {
    timeout: checkedNumber('timeout', options.timeout, 0, TEN_YEARS),
    resolution: checkedNumber('resolution', options.resolution, 0, TEN_YEARS),
    maxSize: checkedNumber('max-size', options.maxSize, 0, MAX_U32),
    rememberEnded: checkedNumber('remember-ended', options.rememberEnded, 1, DAY),
  };
}

/** Returns the grace of a renewal, in seconds. */
export function checkedGrace(grace: number | undefined): number | undefined {
  return checkedNumber('grace', grace, 0, DAY);
}

/** Returns the patience in milliseconds. */
export function checkedPatience(patience: number = DEFAULT_PATIENCE): number {
  if (typeof patience === 'number' && patience >= 0) return patience;
  throw new InvalidOptionError({ option: 'patience', maximum: Infinity, given: patience });
}

/** Returns the isolation level. */
export function checkedIsolation(isolation: Isolation | undefined): Isolation | undefined {
  if (isolation === undefined || ['serializable', 'snapshot', 'last-writer-wins'].includes(isolation)) return isolation;
  throw new MisuseError("the isolation must be 'serializable', 'snapshot' or 'last-writer-wins'");
}

/** The bindings would cut a number off to 32 bits without a word. */
function checkedNumber(option: string, given: number | undefined, minimum: number, maximum: number): number | undefined {
  if (given === undefined) return undefined;
  if (Number.isInteger(given) && given >= minimum && given <= maximum) return given;
  throw new InvalidOptionError({ option, maximum, given });
}
