import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { REQUESTS, SESSIONS } from "../catalogue.js";
import { derive, read } from "../figures.js";
import { History } from "../history.js";
import { parseMetrics } from "../metrics.js";

const folder = new URL("..", import.meta.url);
const file = (name) => readFileSync(new URL(name, folder), "utf8");
const files = readdirSync(folder);
const modules = files.filter((name) => name.endsWith(".js"));

test("every figure that is plotted is one that the page reads", () => {
  const text = `lovely_session_requests_running 0
lovely_session_requests_waiting 0
lovely_session_connections 0
lovely_session_busy_sessions 0
process_resident_memory_bytes 1
lovely_session_request_duration_seconds_bucket{le="+Inf"} 0
# EOF`;
  const history = new History();
  history.add(read(parseMetrics(text), 0, 0), derive);
  for (const { title, series } of [...REQUESTS, ...SESSIONS]) {
    for (const { key } of series) assert.ok(history.last.figures.has(key), `${title}: ${key}`);
  }
});

test("every element that a module asks for by its id is in the page", () => {
  const html = file("index.html");
  for (const name of modules) {
    for (const [, id] of file(name).matchAll(/element\("([\w-]+)"\)/g)) {
      assert.ok(html.includes(`id="${id}"`), `${name}: ${id}`);
    }
  }
});

test("no module makes markup of strings", () => {
  for (const name of modules) assert.doesNotMatch(file(name), /innerHTML|outerHTML|insertAdjacentHTML|eval\(/, name);
});

test("nothing comes from elsewhere", () => {
  for (const name of files.filter((name) => /\.(js|css|html)$/.test(name))) {
    // The names of the SVG namespace are no addresses.
    const text = file(name).replaceAll(/http:\/\/www\.w3\.org\/2000\/svg/g, "");
    assert.doesNotMatch(text, /https?:|@import|url\(/, name);
  }
});
