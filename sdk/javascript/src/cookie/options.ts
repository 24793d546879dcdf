// The options of cookies.

/**
 * Whether a browser sends the cookie with requests that other sites cause: `strict`: never, so that a visitor who
 * follows a link from another site arrives without the cookie; `lax`: only when the visitor follows a link; `none`:
 * always, also with forms and frames of other sites. With `none`, the application needs another protection against
 * forged requests.
 */
export type SameSite = 'strict' | 'lax' | 'none';

/** The name and the attributes of a cookie. */
export interface CookieOptions {
  /** The name, without the prefix `__Host-`, which is added by default. */
  name: string;
  /**
   * The number of seconds for which browsers keep the cookie, also when they are closed; at least 1. By default browsers
   * remove it when they are closed. The timeout of the sessions is a good value: the cookie is then sent after every
   * visit, so that both are extended together.
   */
  maxAge?: number | undefined;
  /** `lax` by default. `none` requires HTTPS. */
  sameSite?: SameSite | undefined;
  /**
   * The path below which browsers send the cookie; `/` by default. It does not protect the cookie from other paths of
   * the same host. A path other than `/` requires `withoutHostPrefix` or `overPlainHttp`.
   */
  path?: string | undefined;
  /**
   * Gives the visitor another cookie, and so another session, below each site that embeds this one in a frame
   * (`Partitioned`). Requires HTTPS; useful with `sameSite: 'none'`.
   */
  partitioned?: boolean | undefined;
  /**
   * Leaves out `Secure` and the prefix `__Host-`, so that the cookie also works over plain HTTP. Only for development:
   * over plain HTTP anybody on the network can read and replace the cookie.
   */
  overPlainHttp?: boolean | undefined;
  /**
   * Leaves out the prefix `__Host-`, for a path other than `/`, or to keep a name that browsers have already. The cookie
   * is still `Secure`. Other subdomains, and scripts of this site, can then set a cookie of the same name that takes the
   * place of this one.
   */
  withoutHostPrefix?: boolean | undefined;
}
