/** One step of the demo: what was called, what came back, and why. */
import type { Explanation } from '../services/admin/explanation.ts'
import { elementText } from './aws-call.ts'
import type { AwsAnswer, Keys } from './aws-call.ts'
import type { Stage } from './demo-stage.ts'
import { reasonLines } from './why-text.ts'

export interface Happening {
  readonly text: string
  /** The same call with the AWS CLI. */
  readonly command: string
  readonly answer: string
  readonly succeeded: boolean
  /** Reasons of a refusal, from the server's own explanation. */
  readonly reason: readonly string[]
  /** It went as the story says. */
  readonly asTold: boolean
}

export interface Step {
  readonly text: string
  readonly command: string
  readonly answer: AwsAnswer
  /** An error code, or any success, or any refusal. */
  readonly wants: 'success' | 'refusal' | 'AccessDenied' | 'ExpiredToken'
  /** What of a success is worth showing. */
  readonly shows?: (answer: AwsAnswer) => string
}

export async function happening(stage: Stage, step: Step): Promise<Happening> {
  const { text, command, answer, wants } = step
  const succeeded = answer.errorCode === undefined
  return {
    text,
    command,
    answer: succeeded ? (step.shows?.(answer) ?? 'ok') : `${answer.errorCode ?? ''}: ${answer.errorMessage ?? ''}`,
    succeeded,
    reason: succeeded ? [] : await reason(stage, answer),
    asTold: wants === 'success' ? succeeded : !succeeded && (wants === 'refusal' || wants === answer.errorCode),
  }
}

/** Asked of the server by the decision id that came beside AWS's answer, as `understudy why` does. */
async function reason(stage: Stage, { decisionId }: AwsAnswer): Promise<readonly string[]> {
  if (decisionId === undefined) return ['the answer named no decision']
  const { status, body } = await stage.admin.call(`decisions/${encodeURIComponent(decisionId)}`)
  return status === 200 ? reasonLines(body as Explanation) : ['the journal does not hold the decision']
}

/** Keys out of an AssumeRole answer; of nobody when it was refused, so that the next step shows it. */
export const sessionKeys = (answer: AwsAnswer): Keys => ({
  accessKeyId: elementText(answer.body, 'AccessKeyId') ?? 'none',
  secretAccessKey: elementText(answer.body, 'SecretAccessKey') ?? 'none',
  sessionToken: elementText(answer.body, 'SessionToken') ?? 'none',
})
