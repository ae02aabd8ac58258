/** Answers of the admin listener, and the bodies that it reads. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Markup } from './markup.ts'

export interface JsonAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A failure that is told to the operator. Thrown by handlers, caught in one place. */
export class AdminError extends Error {
  readonly status: number
  readonly code: string
  /** Further members of the error. */
  readonly details: Readonly<Record<string, unknown>>
  constructor(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'AdminError'
    this.status = status
    this.code = code
    this.details = details
  }
}

export const notFound = (message: string) => new AdminError(404, 'NotFound', message)
export const badRequest = (message: string) => new AdminError(400, 'BadRequest', message)
export const conflict = (message: string) => new AdminError(409, 'Conflict', message)

export const ok = (body: unknown): JsonAnswer => ({ status: 200, body })

export const failure = (status: number, code: string, message: string, details: object = {}): JsonAnswer => ({
  status,
  body: { error: { code, message, ...details } },
})

/** Nothing is cached, framed or guessed at. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function writeJson(response: ServerResponse, answer: JsonAnswer): void {
  const text = `${JSON.stringify(answer.body)}\n`
  response.writeHead(answer.status, {
    ...HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  })
  response.end(text)
}

export function writeText(response: ServerResponse, contentType: string, text: string): void {
  response.writeHead(200, { ...HEADERS, 'content-type': contentType, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

export function writeHtml(
  response: ServerResponse,
  page: { readonly status: number; readonly body: Markup; readonly headers: Readonly<Record<string, string>> },
): void {
  response.writeHead(page.status, {
    ...HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page.body.markup),
    ...page.headers,
  })
  response.end(page.body.markup)
}

/** Begins an answer of JSON lines that goes on until one side ends it. */
export function beginLines(response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' })
  response.flushHeaders()
}

/** A seed with many inline objects may be large. */
const BODY_MAX = 64 * 1024 * 1024

/** The body as a JSON object; an empty body is an empty object. @throws AdminError 400, 413, 415 */
export async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_MAX) throw new AdminError(413, 'TooLarge', `The body is larger than ${BODY_MAX} bytes.`)
    parts.push(part)
  }
  if (size === 0) return {}
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new AdminError(415, 'NotJson', 'The body must be application/json.')
  return jsonObject(Buffer.concat(parts).toString('utf8'))
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badRequest(`The body is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('The body must be a JSON object.')
  return value as Readonly<Record<string, unknown>>
}

/** A text of the body, or nothing. @throws AdminError 400 when it is something else */
export function textMember(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw badRequest(`\`${name}\` must be a text.`)
}

/** @throws AdminError 400 for members that are not known */
export function onlyMembers(body: Readonly<Record<string, unknown>>, ...known: readonly string[]): void {
  const other = Object.keys(body).find((name) => !known.includes(name))
  if (other !== undefined) throw badRequest(`\`${other}\` is not known here. Known: ${known.join(', ') || 'nothing'}.`)
}
