// A cart in a session of express-session, with the requests of `examples/cart` that benches/report/load/site.rs sends.
// `GET /about` tells what this is. Usage: node site.js MEMCACHED PORT
'use strict';

const http = require('node:http');
const { NAME, onMemcached } = require('./session');

const [memcached, port] = process.argv.slice(2);
const middleware = onMemcached(memcached);

// The values of a JSON body.
async function fields(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks));
}

// The cart in a session, after what the request adds to it.
async function changed(request) {
  const items = request.session.cart ?? {};
  if (request.method === 'POST') {
    const { sku, qty } = await fields(request);
    items[sku] = (items[sku] ?? 0) + qty;
    request.session.cart = items;
  }
  return { items, count: Object.values(items).reduce((sum, quantity) => sum + quantity, 0) };
}

const server = http.createServer((request, response) => {
  if (request.url === '/about') return response.end(NAME);
  const fail = () => response.writeHead(500).end();
  return middleware(request, response, (error) => {
    if (error) return fail();
    return changed(request).then((cart) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(cart));
    }, fail);
  });
});
// Clients that wait for their turn in the bench keep their connections.
server.keepAliveTimeout = 0;
server.listen(Number(port), '127.0.0.1');
