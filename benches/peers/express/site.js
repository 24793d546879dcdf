// A counter in a session of express-session: `POST /` adds one, and either way the answer is how many there are.
// `GET /about` tells what this is. Usage: node site.js MEMCACHED PORT
'use strict';

const http = require('node:http');
const { NAME, TEXT, onMemcached } = require('./session');

const [memcached, port] = process.argv.slice(2);
const middleware = onMemcached(memcached);

function count(session, method) {
  session.text ??= TEXT;
  session.count ??= 0;
  if (method === 'POST') session.count += 1;
  return session.count;
}

const server = http.createServer((request, response) => {
  if (request.url === '/about') return response.end(NAME);
  return middleware(request, response, (error) => {
    if (error) response.writeHead(500).end();
    else response.end(`${count(request.session, request.method)}`);
  });
});
// Clients that wait for their turn in the bench keep their connections.
server.keepAliveTimeout = 0;
server.listen(Number(port), '127.0.0.1');
