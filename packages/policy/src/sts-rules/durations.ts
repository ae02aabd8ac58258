/** How long sessions last: the table of policy-semantics 6.8. All numbers are seconds. */
import { constraint, validationError, type StsProblem } from './problem.ts'

export type StsCall =
  | 'AssumeRole'
  | 'AssumeRoleWithSAML'
  | 'AssumeRoleWithWebIdentity'
  | 'AssumeRoot'
  | 'GetFederationToken'
  | 'GetSessionToken'

/** `temporary` is any caller with session credentials, those of GetSessionToken included. */
export type CallerCredentials = 'user' | 'root' | 'temporary' | 'none'

export interface DurationRule {
  readonly durationSeconds: number
  readonly min: number
  readonly max: number
  /** Larger accepted values are shortened to this, without an error. */
  readonly clippedTo?: number
}

const HOUR = 3600
const ROLE_MAX = 43_200
const TOKEN_MAX = 129_600

/** Default and bounds of a call. `roleMaxSessionDuration` counts for the assume-role calls only. */
export function durationRule(
  call: StsCall,
  caller: CallerCredentials,
  roleMaxSessionDuration: number = HOUR,
): DurationRule {
  if (call === 'AssumeRoot') return { durationSeconds: 900, min: 0, max: 900 }
  if (call === 'GetSessionToken' || call === 'GetFederationToken') {
    const rule = { min: 900, max: TOKEN_MAX }
    return caller === 'root'
      ? { durationSeconds: HOUR, ...rule, clippedTo: HOUR }
      : { durationSeconds: ROLE_MAX, ...rule }
  }
  const chained = call === 'AssumeRole' && caller === 'temporary'
  return { durationSeconds: HOUR, min: 900, max: chained ? HOUR : roleMaxSessionDuration }
}

export type Duration =
  | { readonly ok: true; readonly durationSeconds: number }
  | { readonly ok: false; readonly problem: StsProblem }

/** How long the session lasts that was asked for; `requested` is absent when the call leaves it out. */
export function durationOf(
  call: StsCall,
  caller: CallerCredentials,
  requested: number | undefined,
  roleMaxSessionDuration: number = HOUR,
): Duration {
  const rule = durationRule(call, caller, roleMaxSessionDuration)
  const seconds = requested ?? rule.durationSeconds
  const bound = call.startsWith('AssumeRole') ? ROLE_MAX : rule.max
  if (seconds < rule.min)
    return refuse(constraint(`${seconds}`, 'durationSeconds', `have value greater than or equal to ${rule.min}`))
  if (seconds > bound)
    return refuse(constraint(`${seconds}`, 'durationSeconds', `have value less than or equal to ${bound}`))
  if (seconds > rule.max)
    return refuse(validationError(caller === 'temporary' && call === 'AssumeRole' ? CHAINED : TOO_LONG))
  return { ok: true, durationSeconds: Math.min(seconds, rule.clippedTo ?? seconds) }
}

const refuse = (problem: StsProblem): Duration => ({ ok: false, problem })

const CHAINED = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'
const TOO_LONG = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
