// Owns the form of a request as the routers see it.

/** Headers by lower-case name; several of one name joined by `, ` as node:http does. */
export type WireHeaders = Readonly<Record<string, string | undefined>>

/** The request line and headers, as received: path and query still percent-encoded, query without `?`. */
export interface WireRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly headers: WireHeaders
}
