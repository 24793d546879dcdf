// The work of a visit, and of a transaction without a visitor.

import { Container, Transaction, transact, visitors } from 'lovely-session';

import { ApplicationError, errorInJson } from './error.js';
import { onPackage, onSession } from './steps.js';

/** Runs the steps of a plan, and returns the reply and the cookie. */
export async function run(plan, request) {
  const count = { runs: 0 };
  try {
    const { value, setCookie } = await begin(plan, request, count);
    return { reply: { results: value.finish(), runs: count.runs }, setCookie };
  } catch (error) {
    return { reply: { error: errorInJson(error), runs: count.runs } };
  }
}

function begin(plan, request, count) {
  const runOnce = (subject) => {
    count.runs += 1;
    return new Run(plan, count.runs, subject).all();
  };
  if (plan.transact !== undefined) return withoutVisitor(plan, runOnce);
  return visitors(plan.container, plan).visit(request, (visit) => runOnce(visit));
}

async function withoutVisitor(plan, runOnce) {
  const work = (transaction) => {
    const session = containerOf(plan).session(transaction, plan.transact);
    return runOnce({ session, transaction, savepoint: () => transaction.savepoint() });
  };
  return { value: await transact(work, plan) };
}

function containerOf({ container, timeout }) {
  return Container.open(container, { timeout });
}

function outcome(work) {
  try {
    return { ok: work() };
  } catch (error) {
    return { error: errorInJson(error) };
  }
}

/** One run of the steps. */
class Run {
  #plan;
  #number;
  /** The visit, or what takes its place where there is no visitor. */
  #subject;
  #savepoints = new Map();
  /** Steps for when the visit has ended. */
  #kept = [];
  #results;

  constructor(plan, number, subject) {
    this.#plan = plan;
    this.#number = number;
    this.#subject = subject;
  }

  all() {
    this.#results = this.#plan.steps.map((step, place) => this.#step(step, place));
    return this;
  }

  /** Does what was kept, and returns the results. */
  finish() {
    for (const { place, work } of this.#kept) this.#results[place] = outcome(work);
    return this.#results;
  }

  #step(step, place) {
    const [name, argument] = step;
    switch (name) {
      case 'session':
        return this.#subject.session !== undefined;
      case 'fail':
        throw new ApplicationError('the application failed');
      case 'try':
        return outcome(() => this.#step(argument, place));
      case 'keep':
        return this.#keep(argument, place);
      case 'rival':
        return this.#rival(step, (session) => step[2].forEach((one) => onSession(session, one)));
      case 'rival-ends':
        return this.#rival(step, (session) => session.destroy());
      case 'in':
        return this.#elsewhere(step);
      default:
        return this.#stepOfVisitor(step) ? null : this.#stepOnData(step);
    }
  }

  /** Does a step of the visitor or on a savepoint; returns whether it is one. */
  #stepOfVisitor([name, savepoint]) {
    const steps = {
      begin: () => this.#subject.sessionOrBegin(),
      'log-in': () => this.#subject.sessionWithNewId(),
      'log-out': () => this.#subject.logOut(),
      savepoint: () => this.#savepoints.set(savepoint, this.#subject.savepoint()),
      rollback: () => this.#savepoints.get(savepoint).rollback(),
      release: () => this.#savepoints.get(savepoint).release(),
    };
    if (!Object.hasOwn(steps, name)) return false;
    steps[name]();
    return true;
  }

  #stepOnData(step) {
    const { session } = this.#subject;
    return session ? onSession(session, step) : null;
  }

  /** Has another transaction work on the same session, if it is early enough. */
  #rival([, times], work) {
    const { session } = this.#subject;
    if (!session || this.#number > times) return null;
    using transaction = Transaction.begin();
    work(containerOf(this.#plan).session(transaction, session.id));
    transaction.commit();
    return null;
  }

  #elsewhere([, container, id, steps]) {
    const { timeout } = this.#plan;
    const session = Container.open(container, { timeout }).session(this.#subject.transaction, id);
    return steps.map((step) => onSession(session, step));
  }

  #keep(step, place) {
    const stored = this.#subject.session?.package(step[1]);
    if (stored) this.#kept.push({ place, work: () => onPackage(stored, step) });
    return null;
  }
}
