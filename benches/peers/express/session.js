// express-session with connect-memcached, as the programs here use it.
'use strict';

const expressSession = require('express-session');
const MemcachedStore = require('connect-memcached')(expressSession);

const SECRET = 'a secret that is known to nobody else';
const version = (name) => `${name} ${require(`${name}/package.json`).version}`;

module.exports = {
  SECRET,
  NAME: `${version('express-session')}, ${version('connect-memcached')}`,
  // What makes a session take 1 KB.
  TEXT: 'x'.repeat(900),
  // The middleware, with sessions on a server.
  onMemcached: (server) => expressSession({
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    store: new MemcachedStore({ hosts: [server] }),
  }),
};
