/** Names in STS calls: role ARN, session names, external id, source identity (policy-semantics 6.1, 6.2, 6.4, 6.6). */
import { constraint, validationError, type StsProblem } from './problem.ts'

const SESSION_NAME = /^[\w+=,.@-]*$/
const EXTERNAL_ID = /^[\w+=,.@:/-]*$/

/** An ARN of a role; the text of a refusal shows it as it was sent. */
export function checkRoleArn(arn: string): StsProblem | undefined {
  return /^arn:aws[a-z-]*:iam::\d{12}:role\/.+/.test(arn) ? undefined : validationError(`${arn} is invalid`)
}

export const checkSessionName = (name: string): StsProblem | undefined =>
  checkText(name, 'roleSessionName', { min: 2, max: 64, form: SESSION_NAME, pattern: '[\\w+=,.@-]*' })

export const checkFederationName = (name: string): StsProblem | undefined =>
  checkText(name, 'name', { min: 2, max: 32, form: SESSION_NAME, pattern: '[\\w+=,.@-]*' })

export const checkExternalId = (id: string): StsProblem | undefined =>
  checkText(id, 'externalId', { min: 2, max: 1224, form: EXTERNAL_ID, pattern: '[\\w+=,.@:\\/-]*' })

interface Form {
  readonly min: number
  readonly max: number
  readonly form: RegExp
  /** As the service model writes it. */
  readonly pattern: string
}

function checkText(text: string, path: string, { min, max, form, pattern }: Form): StsProblem | undefined {
  if (text.length < min) return constraint(text, path, `have length greater than or equal to ${min}`)
  if (text.length > max) return constraint(text, path, `have length less than or equal to ${max}`)
  return form.test(text) ? undefined : constraint(text, path, `satisfy regular expression pattern: ${pattern}`)
}

/** `inherited` is the source identity of the calling session, which nobody can change. */
export function checkSourceIdentity(requested: string, inherited: string | undefined): StsProblem | undefined {
  const form = { min: 2, max: 256, form: SESSION_NAME, pattern: '[\\w+=,.@-]*' }
  const text = checkText(requested, 'sourceIdentity', form)
  if (text) return text
  if (inherited !== undefined && inherited !== requested) {
    return validationError('The source identity is already set for this assume role session')
  }
  return undefined
}
