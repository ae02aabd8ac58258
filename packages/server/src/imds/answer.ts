/** Answers as the service spells them: error pages, listings, JSON, header order. Checked against recorded exchanges. */
import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Instant } from '../domain/brands.ts'

/** One answer before it is written. */
export interface Answer {
  readonly status: number
  readonly contentType: 'text/plain' | 'text/html' | 'application/octet-stream'
  readonly body: string
  /** Items and listings have one; tokens and errors do not. */
  readonly lastModified?: Instant
  /** Seconds that the token has left: every answer under a good token repeats it. */
  readonly ttlSeconds?: number
  /** Methods for `Allow`, with 405. */
  readonly allow?: string
}

/** The page of an error: 339 bytes for 404, as recorded. */
export function errorPage(status: number): Answer {
  const title = `${status} - ${STATUS_CODES[status] ?? 'Error'}`
  return {
    status,
    contentType: 'text/html',
    body: `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t\t "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`,
  }
}

/** Names one per line, no newline after the last: the Rust SDK uses the listing of roles untrimmed as a path. */
export const listing = (names: readonly string[]): string => names.join('\n')

/** A JSON member: text, or a value that the document shows as `null`. */
export type Members = readonly (readonly [name: string, value: string | null])[]

/** JSON as EC2 prints it: two spaces, a space on both sides of the colon, no final newline. */
export function spacedJson(members: Members): string {
  const lines = members.map(([name, value]) => `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}`
}

/** Names and values in the order in which they are written. @param wire real time, for `Date` */
export function headersOf(answer: Answer, wire: Instant): string[] {
  const headers: (readonly [name: string, value: string | undefined])[] = [
    ['X-Aws-Ec2-Metadata-Token-Ttl-Seconds', answer.ttlSeconds?.toString()],
    ['Allow', answer.allow],
    ['Content-Type', answer.contentType],
    ['Accept-Ranges', answer.lastModified === undefined ? undefined : 'none'],
    ['Last-Modified', answer.lastModified === undefined ? undefined : new Date(answer.lastModified).toUTCString()],
    ['Content-Length', Buffer.byteLength(answer.body).toString()],
    ['Date', new Date(wire).toUTCString()],
    ['Connection', 'close'],
    ['Server', 'EC2ws'],
  ]
  return headers.flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
}

/** Writes the whole answer; a HEAD request gets the headers alone. */
export function writeAnswer(response: ServerResponse, answer: Answer, wire: Instant): void {
  response.sendDate = false
  response.writeHead(answer.status, headersOf(answer, wire))
  response.end(response.req.method === 'HEAD' ? undefined : answer.body)
}
