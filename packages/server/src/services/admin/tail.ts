/** Decisions as they are made: a JSON line each, until one side ends it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Journal } from '../../authorization/journal.ts'
import { beginLines } from './answers.ts'
import { summary } from './explanation.ts'

/** A reader who is this far behind is let go: the server does not keep lines for him. */
const BEHIND_BYTES_MAX = 4 * 1024 * 1024

export function tailDecisions(request: IncomingMessage, response: ServerResponse, journal: Journal): void {
  beginLines(response)
  const stop = journal.onEntry((entry) => {
    if (response.writableLength > BEHIND_BYTES_MAX) response.destroy()
    else response.write(`${JSON.stringify(summary(entry))}\n`)
  })
  response.on('close', stop)
  request.resume()
}
