import { call } from './bindings.js';
import { FinishedError } from './errors/sessions.js';

/**
 * Whether a transaction, and everything that came from it, can still be used. Handles of the bindings must not be used
 * once they are disposed of: that would end the whole component.
 */
export class Scope {
  #ended: string | undefined;

  /** Ends it. Later calls fail with this message. The first message stays. */
  end(message: string): void {
    this.#ended ??= message;
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Calls the component. */
  call<T>(run: () => T): T {
    if (this.#ended !== undefined) throw new FinishedError(this.#ended);
    return call(run);
  }
}
