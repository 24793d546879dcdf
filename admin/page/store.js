// The memcached servers, one a row.

import { html, setShown } from "./dom.js";
import { COLUMNS, ServerRow } from "./server-row.js";

/** The table of the servers, in the section `section`. */
export class Store {
  #section;
  #body = html("tbody");
  #rows = new Map();

  constructor(section) {
    this.#section = section;
    const headings = ["Server", ...COLUMNS.map(([heading]) => heading)];
    const head = html("tr", {}, ...headings.map((heading) => html("th", { scope: "col" }, heading)));
    const table = html("table", { class: "servers" }, html("thead", {}, head), this.#body);
    section.querySelector(".card").append(table);
  }

  /** Shows the servers of the newest moment of `view.history`. */
  draw(view) {
    const servers = view.history.last?.servers ?? [];
    setShown(this.#section, servers.length > 0);
    if (servers.join("\n") !== [...this.#rows.keys()].join("\n")) {
      this.#rows = new Map(servers.map((server) => [server, this.#rows.get(server) ?? new ServerRow(server)]));
      this.#body.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    }
    for (const row of this.#rows.values()) row.draw(view);
  }
}
