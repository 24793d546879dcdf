// A shopping cart: an HTTP edge function that keeps its visitors' sessions.
//
// Read cart.js for what an application does with a session, and routes.js for the HTTP contract and
// the visits. The other modules are plain HTTP and HTML.

import { answer } from './routes.js';

addEventListener('fetch', (event) => event.respondWith(answer(event.request)));
