// express-session with connect-memcached, as a program that takes commands in lines. What the commands are is told in
// benches/report/peers/library.rs.
//
// A visit goes through the middleware as a request does: it finds the session by its signed cookie, and loads it.
'use strict';

const http = require('node:http');
const readline = require('node:readline');
const signature = require('cookie-signature');
const { NAME, SECRET, TEXT, onMemcached } = require('./session');

const CLIENTS = 64;

const middleware = onMemcached(process.argv[2]);

// Runs `change` on the session of a request with this cookie, and stores it. Gives the session's id.
function visit(cookie, change) {
  return new Promise((resolve, reject) => {
    const request = new http.IncomingMessage(null);
    request.method = 'POST';
    request.url = '/';
    if (cookie) request.headers = { cookie };
    const failOr = (then) => (error) => (error ? reject(error) : then());
    middleware(request, new http.ServerResponse(request), failOr(() => {
      change(request.session);
      request.session.save(failOr(() => resolve(request.sessionID)));
    }));
  });
}

// A session of 1 KB. Gives the cookie that leads to it.
async function begin() {
  const id = await visit(undefined, (session) => {
    session.count = 0;
    session.text = TEXT;
  });
  return `connect.sid=${encodeURIComponent(`s:${signature.sign(id, SECRET)}`)}`;
}

function add(session) {
  session.count += 1;
}

// Has clients visit sessions until the time is over.
async function work(cookies, milliseconds) {
  const begun = performance.now();
  let visits = 0;
  await Promise.all(cookies.map(async (cookie) => {
    while (performance.now() - begun < milliseconds) {
      await visit(cookie, add);
      visits += 1;
    }
  }));
  return `${visits} ${performance.now() - begun}`;
}

async function increments(count) {
  const cookie = await begin();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let times = 0; times < count / CLIENTS; times += 1) await visit(cookie, add);
  }));
  let stored;
  await visit(cookie, (session) => { stored = session.count; });
  return stored;
}

async function main() {
  const cookies = await Promise.all(Array.from({ length: CLIENTS }, begin));
  const commands = {
    one: (milliseconds) => work(cookies.slice(0, 1), milliseconds),
    many: (milliseconds) => work(cookies, milliseconds),
    increments,
  };
  console.log(`ready ${NAME}`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, number] = line.split(' ');
    console.log(await commands[command](Number(number)));
  }
  process.exit();
}

main();
