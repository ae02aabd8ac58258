/** Decisions: found, listed, explained, encoded. */
import type { JournalEntry } from '../../authorization/journal.ts'
import { badRequest, notFound, ok, onlyMembers, textMember } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import { explanation, summary } from './explanation.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

const LIST_DEFAULT = 50
const LIST_MAX = 1000

export const decisionRoutes: readonly (readonly [string, Route])[] = [
  ['GET decisions', listDecisions],
  [
    'GET decisions/*',
    ({ segments }, parts) => ok(explanation(parts.explainEntry(findEntry(segments[0] ?? '', parts)))),
  ],
  ['GET decisions/*/encoded', encodeDecision],
  ['POST explain', explainMessage],
]

function listDecisions({ query }: AdminCall, { journal }: AdminParts): JsonAnswer {
  const limit = Number(query.get('limit') ?? LIST_DEFAULT)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIST_MAX)
    throw badRequest(`\`limit\` must be a whole number from 1 to ${LIST_MAX}.`)
  return ok({ decisions: journal.recent(limit).map(summary) })
}

/** By decision id, by request id, or `last`. @throws AdminError 404 */
function findEntry(id: string, { journal }: AdminParts): JournalEntry {
  const entry = id === 'last' ? journal.last() : id === 'refusal' ? journal.lastRefusal() : journal.find(id)
  if (entry !== undefined) return entry
  throw notFound(
    id === 'last'
      ? 'This server has decided nothing yet.'
      : `The journal holds no decision \`${id}\`: it is of another server, or so old that it was dropped.`,
  )
}

function encodeDecision({ segments }: AdminCall, parts: AdminParts): JsonAnswer {
  const explained = parts.explainEntry(findEntry(segments[0] ?? '', parts))
  const index = explained.questions.findIndex((question) => question.decision.effect === 'Deny')
  const question = explained.questions[index]
  const record = explained.records[index]
  if (question === undefined || record === undefined)
    throw notFound('Only refusals by policies have an encoded message; this decision is none.')
  const { decisionId } = explained
  const encodedMessage = parts.messages.seal({
    decisionId,
    request: question.request,
    record,
    now: parts.clock.session(),
  })
  return ok({ decisionId, encodedMessage })
}

/** The full explanation while the journal holds the decision, else what the message itself says. */
function explainMessage({ body }: AdminCall, parts: AdminParts): JsonAnswer {
  onlyMembers(body, 'encodedMessage')
  const encoded = textMember(body, 'encodedMessage')
  if (encoded === undefined) throw badRequest('`encodedMessage` is missing.')
  const opened = parts.messages.open(encoded, 'operator', parts.clock.session())
  if (!opened.ok) throw notFound(`The message cannot be opened. ${opened.why}`)
  const entry = parts.journal.find(opened.decisionId)
  if (entry !== undefined) return ok(explanation(parts.explainEntry(entry)))
  return ok({ decisionId: opened.decisionId, message: JSON.parse(opened.text) as unknown })
}
