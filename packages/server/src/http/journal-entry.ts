/** What a finished request leaves in the journal, and the sealed message of a refusal by policies. */
import { explain } from '@understudy/policy'
import type { JournalEntry } from '../authorization/journal.ts'
import { nameOfPrincipal } from '../authorization/principal-name.ts'
import type { AwsError } from '../errors/aws-error.ts'
import type { Platform } from '../services/platform.ts'
import type { Visit } from './visit.ts'

export function journalEntry(visit: Visit, failure: AwsError | undefined): JournalEntry {
  const { exchange, trace, note } = visit
  const denied = trace.questions.some((question) => question.decision.effect === 'Deny')
  return {
    decisionId: exchange.decisionId,
    requestId: exchange.requestId,
    at: visit.now,
    service: note.service,
    ...(note.operation === undefined ? {} : { operation: note.operation }),
    ...(note.accessKeyId === undefined ? {} : { accessKeyId: note.accessKeyId }),
    ...askerNames(visit),
    ...(note.delegate === undefined ? {} : { delegate: note.delegate }),
    region: visit.region,
    clientIp: exchange.clientIp,
    userAgent: exchange.wire.headers['user-agent'] ?? '',
    questions: trace.questions,
    ...(failure && !(denied && failure.status === 403) ? { refusal: refusal(failure) } : {}),
    ...(trace.noQuestion === undefined ? {} : { noQuestion: trace.noQuestion }),
    ...(trace.revision === undefined ? {} : { revision: trace.revision }),
  }
}

/** Who asked: who signed, else whom the token or assertion of an unsigned call proved. */
function askerNames({ note, trace }: Visit): Pick<JournalEntry, 'principal' | 'account' | 'claimed'> {
  const asked = trace.questions[0]?.request
  const federated = asked?.principal.kind === 'web-identity' || asked?.principal.kind === 'saml' ? asked : undefined
  const principal = federated === undefined ? note.principal : nameOfPrincipal(federated.principal)
  const account = federated === undefined ? note.account : federated.resourceAccount
  return {
    ...(principal === undefined ? {} : { principal }),
    ...(account === undefined ? {} : { account }),
    ...(note.claimed ? { claimed: true } : {}),
  }
}

function refusal(failure: AwsError): NonNullable<JournalEntry['refusal']> {
  const { explanation, details, diagnosis } = failure.options
  return {
    code: failure.code,
    status: failure.status,
    message: failure.message,
    diagnosis: diagnosis ?? 'REQUEST.INVALID',
    ...(explanation === undefined ? {} : { explanation }),
    ...(details === undefined ? {} : { details }),
  }
}

/** Characters that clients and proxies surely take as one header. */
const HEADER_MAX = 4096

/** The encoded authorization message of a refusal by policies, where a header can hold it and somebody may decode it. */
export function sealedRefusal(entry: JournalEntry, platform: Platform): string | undefined {
  const denied = entry.questions.find((question) => question.decision.effect === 'Deny')
  if (denied === undefined || entry.account === undefined) return undefined
  const { request, set } = denied
  const text = platform.messages.seal({
    decisionId: entry.decisionId,
    request,
    record: explain(request, set),
    now: entry.at,
  })
  return text.length <= HEADER_MAX ? text : undefined
}
