/** The refusal of a question in the words of its service. What AWS hides (why) stays in the journal. */
import { denialMessage } from '@understudy/policy'
import type { JudgedQuestion } from '../authorization/journal.ts'
import type { Ask } from '../authorization/question.ts'
import { AwsError } from '../errors/aws-error.ts'
import type { Call } from '../services/operation.ts'

export function refusalOf(ask: Ask, judged: JudgedQuestion, call: Call): AwsError {
  return new AwsError('AccessDenied', 403, messageOf(ask, judged, call), {
    ...(judged.diagnosis === undefined ? {} : { diagnosis: judged.diagnosis }),
    ...(judged.note === undefined ? {} : { explanation: judged.note }),
    ...(ask.refusalHeaders === undefined ? {} : { headers: ask.refusalHeaders }),
  })
}

function messageOf(ask: Ask, judged: JudgedQuestion, call: Call): string {
  const { request, decision } = judged
  if (ask.message === 'bare' || request.principal.kind === 'anonymous') return 'Access Denied'
  const dialect = ask.message === 'plain' ? 'sts' : call.service === 's3' ? 's3' : 'iam'
  // S3 shows reasons only where caller and bucket are of one account or organization.
  return denialMessage(ask.shownAs === undefined ? request : { ...request, resource: ask.shownAs }, decision, dialect)
}
