// Types of sessions as programs have them.

import { visitors, type Package, type Visit } from 'lovely-session';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Tree {
  label: string;
  children: readonly Tree[];
}

type UserId = string & { readonly brand: unique symbol };

interface SiteSession {
  anything: Record<string, Json>;
  menu: { root: Tree };
  order: {
    state: { kind: 'open'; since: number } | { kind: 'paid'; receipt: string | null };
    size: readonly [width: number, height?: number];
    user: UserId;
    readonly note?: string;
    attempts?: number;
  };
  flags: Partial<Record<'dark' | 'beta', boolean>>;
  login?: { user: string };
}

const site = visitors<SiteSession>('site', {
  cookie: { name: 'sid' },
  shapes: { order: { note: String, attempts: Number }, login: { user: String } },
});

export const listener = site.listener((visit) => {
  const session = visit.sessionOrBegin();
  session.package('anything').set('key', { list: [1, null, { deep: true }] });
  const root: Tree | undefined = session.package('menu').get('root');
  const order = session.package('order');
  const state = order.get('state');
  const receipt: string | null | undefined = state?.kind === 'paid' ? state.receipt : undefined;
  order.set('size', [1]);
  order.set('note', 'a note');
  order.add('attempts', 1);
  order.update({ attempts: 1 });
  session.package('flags').set('dark', true);
  const flags: ['dark' | 'beta', boolean][] = session.package('flags').entries();
  session.package('login').set('user', 'ann');
  return new Response(`${root?.label} ${receipt} ${flags.length} ${user(visit)}`);
});

/** A part of several sites. */
function user<S extends { login?: { user: string } }>(visit: Visit<S & { login?: { user: string } }>): string {
  return visit.session?.package('login').peek('user') ?? 'nobody';
}

export function copy<P, K extends keyof P & string>(from: Package<P>, to: Package<P>, key: K): void {
  const value = from.get(key);
  if (value !== undefined) to.set(key, value);
}
