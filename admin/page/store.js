// The memcached servers, one a row.

import { html, setShown } from "./dom.js";
import { COLUMNS, ServerRow } from "./server-row.js";

/** The table of the servers, in `section`, to which `link` leads; both are hidden if there are none. */
export class Store {
  #section;
  #link;
  #body = html("tbody");
  #rows = new Map();

  constructor(section, link) {
    [this.#section, this.#link] = [section, link];
    const headings = ["Server", ...COLUMNS.map(([heading]) => heading)];
    const head = html("tr", {}, ...headings.map((heading) => html("th", { scope: "col" }, heading)));
    const named = { class: "servers", "aria-labelledby": "store-title" };
    const table = html("table", named, html("thead", {}, head), this.#body);
    section.querySelector(".card").append(table);
  }

  /** Shows the servers of the newest moment of `view.history`. */
  draw(view) {
    const servers = view.history.last?.servers ?? [];
    for (const part of [this.#section, this.#link]) setShown(part, servers.length > 0);
    if (servers.join("\n") !== [...this.#rows.keys()].join("\n")) {
      this.#rows = new Map(servers.map((server) => [server, this.#rows.get(server) ?? new ServerRow(server)]));
      this.#body.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    }
    for (const row of this.#rows.values()) row.draw(view);
  }
}
