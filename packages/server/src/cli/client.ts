/** The admin API, as commands call it: finds the server and its token, asks, tells failures in plain words. */
import type { CommandInput, Environment, Terminal } from './command.ts'
import { CommandFailure, UsageError, textOption } from './command.ts'
import { findServer, liveServers } from './servers.ts'
import type { ServerEntry } from './servers.ts'

const DEFAULT_SERVER = 'http://127.0.0.1:4567'

interface AdminRequest {
  readonly method?: 'GET' | 'POST'
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
}

export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

export interface AdminClient {
  readonly url: string
  /** What `start` told about this server; absent for a server of another user or machine. */
  readonly entry: ServerEntry | undefined
  /** Asks `/api/<path>`. @throws CommandFailure when the server does not answer, or answers a failure other than 404 */
  readonly call: (path: string, request?: AdminRequest) => Promise<AdminAnswer>
  /** The answer's body as it comes, for `tail`. */
  readonly stream: (path: string) => Promise<AsyncIterable<Uint8Array>>
}

/** Address of the server that a command is about. @throws UsageError for what is no address */
export function serverUrl(input: CommandInput, environment: Environment): string {
  const given = textOption(input, 'server') ?? (environment['UNDERSTUDY_SERVER'] || DEFAULT_SERVER)
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw new UsageError(`\`${given}\` is not the address of a console, such as ${DEFAULT_SERVER}.`)
  return given.replace(/\/+$/, '')
}

/** What is known of the server of a command. @throws CommandFailure when this user has started none at that address */
export function knownServer(input: CommandInput, terminal: Terminal): ServerEntry {
  const url = serverUrl(input, terminal.environment)
  const entry = findServer(url, terminal.environment)
  if (entry !== undefined) return entry
  const others = liveServers(terminal.environment).map((server) => server.url)
  const hint =
    others.length === 0
      ? 'Start one with `understudy start`.'
      : `Running: ${others.join(', ')} (choose with --server or UNDERSTUDY_SERVER).`
  throw new CommandFailure(`no server of this user is known at ${url}. ${hint}`)
}

export function adminClient(input: CommandInput, terminal: Terminal): AdminClient {
  const url = serverUrl(input, terminal.environment)
  const entry = findServer(url, terminal.environment)
  const token = terminal.environment['UNDERSTUDY_TOKEN'] || entry?.token
  if (token === undefined) knownServer(input, terminal)
  const ask = async (path: string, request: AdminRequest = {}): Promise<Response> => {
    const target = new URL(`${url}/api/${path}`)
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) target.searchParams.set(name, value)
    return reach(target, url, {
      method: request.method ?? 'GET',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
  }
  return {
    url,
    entry,
    call: async (path, request) => {
      const response = await ask(path, request)
      const body: unknown = await readJson(response)
      if (response.status < 400 || response.status === 404) return { status: response.status, body }
      throw new CommandFailure(failureText(response.status, body, url))
    },
    stream: async (path) => {
      const response = await ask(path)
      if (!response.ok || response.body === null)
        throw new CommandFailure(failureText(response.status, await readJson(response), url))
      return response.body
    },
  }
}

async function reach(target: URL, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(target, init)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new CommandFailure(`the server at ${url} does not answer (${cause}). Is it running?`)
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandFailure(`${response.url} did not answer JSON: it is not a console of Understudy.`)
  }
}

function failureText(status: number, body: unknown, url: string): string {
  if (status === 401)
    return `the server at ${url} does not take this token. Is it another server than the one that \`start\` registered?`
  return errorMessage(body) ?? `the server at ${url} answered ${status}.`
}

/** The message of the admin API's error form. */
export function errorMessage(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const { error } = body
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined
}
