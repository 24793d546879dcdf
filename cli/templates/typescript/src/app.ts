// Counts a visitor's visits: the smallest edge function that keeps a session.

import { visitors } from 'lovely-session';

/** The packages of a session, with their keys and the types of their values. */
interface CounterSession {
  visits: { count: number };
}

// `overPlainHttp` is for development: leave it out where browsers come over HTTPS.
const counter = visitors<CounterSession>('counter', { cookie: { name: 'sid', overPlainHttp: true } });

addEventListener('fetch', counter.listener((visit) => {
  const visits = visit.sessionOrBegin().package('visits');
  const count = (visits.get('count') ?? 0) + 1;
  visits.set('count', count);
  return new Response(`visits: ${count}\n`);
}));
