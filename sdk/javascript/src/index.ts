/**
 * Sessions for edge functions in JavaScript and TypeScript: typed values, transactions that run again after a
 * conflict, and the session cookie. `visitors` is the place to begin.
 *
 * @packageDocumentation
 */

export { Container } from './container.js';
export { Cookie } from './cookie/cookie.js';
export type { HeadersLike, RequestLike } from './cookie/header.js';
export type { CookieOptions, SameSite } from './cookie/options.js';
export * from './errors/index.js';
export type { FetchListener, ListenerOptions } from './listener.js';
export type { ContainerOptions, Isolation, TransactOptions } from './options.js';
export type { CounterName, Package } from './package.js';
export type { Handler } from './respond.js';
export type { Savepoint } from './savepoint.js';
export type { Session } from './session.js';
export { transact } from './transact.js';
export { Transaction } from './transaction.js';
export type { AnySession, Name, SessionTypes, Storable, Stored } from './types.js';
export type { PackageShapes, SchemaIssue, SchemaResult, Shape, Shapes, StandardSchema } from './values/shape.js';
export type { Visit } from './visit.js';
export { visitors, type Visited, type Visitors, type VisitorsOptions, type Work } from './visitors.js';
