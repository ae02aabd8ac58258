/**
 * GetScopedCredentials: the same session with fewer permissions. Each call adds one ceiling, at most three; ARN, name, tags and
 * the time of issue stay, so what ends the first session ends the scoped one too. STS API Reference, GetScopedCredentials.
 */
import type { Sts, StsOperations } from '@understudy/wire'
import type { SessionFacts, SignedCaller } from '../../credentials/caller.ts'
import { instant } from '../../domain/brands.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import type { Call, Operations } from '../operation.ts'
import { identityOf } from './caller-identity.ts'
import { refuseOnGlobalEndpoint } from './global-endpoint.ts'
import { credentialsAnswer, packedSize, passedPolicies, sizeOptions, tokenSizeAnswer } from './session-input.ts'

const SECONDS_MAX = 129_600
const LAYERS_MAX = 3

export const scopedCredentialsOperations = {
  GetScopedCredentials: {
    access: 'read',
    // It gives nothing that the caller has not got, and AWS documents no permission for it.
    ask: (input, call) => {
      scopeOf(input, call)
      return { noQuestion: 'GetScopedCredentials needs no permission: it only takes permissions away.' }
    },
    handle: async (input, call) => {
      const scope = scopeOf(input, call)
      const { session, caller } = scope
      const credentials = await call.platform.issuer.issue(
        { ...session, expiresAt: scope.expiresAt, scopePolicies: scope.policies },
        {
          issuedAt: session.issuedAt,
          ...sizeOptions(input.MinimumSessionTokenSize),
        },
      )
      const { arn, userId } = identityOf(caller)
      return {
        ...credentialsAnswer(credentials),
        SessionInfo: { ScopedSessionId: userId, Arn: arn },
        ...tokenSizeAnswer(credentials.sessionToken),
        ScopedPoliciesCount: scope.policies.length,
        ...(session.sourceIdentity === undefined ? {} : { SourceIdentity: session.sourceIdentity }),
      }
    },
  },
} satisfies Operations<StsOperations, 'GetScopedCredentials'>

interface Scope {
  readonly caller: SignedCaller
  readonly session: SessionFacts
  readonly policies: readonly string[]
  readonly expiresAt: SessionFacts['expiresAt']
}

/** @throws AwsError for callers without a session, a fourth layer, and a life beyond the session's own */
function scopeOf(input: Sts.GetScopedCredentialsRequest, call: Call): Scope {
  const { caller } = call
  refuseOnGlobalEndpoint(call)
  const session = 'session' in caller ? caller.session : undefined
  if (!('accessKeyId' in caller) || session === undefined || caller.kind === 'root') throw needsSession()
  const passed = passedPolicies(input, call.account)
  packedSize(passed, [])
  const policies = [...(session.scopePolicies ?? []), ...passed.inline]
  if (policies.length > LAYERS_MAX) throw tooManyLayers()
  return { caller, session, policies, expiresAt: expiryOf(input.DurationSeconds, session, call) }
}

/** The caller's remainder when absent, and never beyond it. */
function expiryOf(seconds: number | undefined, session: SessionFacts, call: Call): SessionFacts['expiresAt'] {
  if (seconds === undefined) return session.expiresAt
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > SECONDS_MAX)
    throw validationError(`The requested DurationSeconds must be between 1 and ${SECONDS_MAX}.`)
  const wanted = instant((Math.floor(call.now / 1000) + seconds) * 1000)
  if (wanted > session.expiresAt) throw beyondSession(Math.floor((session.expiresAt - call.now) / 1000))
  return wanted
}

// No answer of AWS to these was recorded: codes are those of the neighbours, texts our own.
const needsSession = () =>
  accessDenied('Cannot call GetScopedCredentials with long-term credentials', {
    diagnosis: 'SESSION.CREDENTIAL_KIND',
    explanation: 'GetScopedCredentials scopes down temporary credentials: call GetSessionToken or AssumeRole first.',
  })
const tooManyLayers = () =>
  validationError(`Credentials can be scoped down at most ${LAYERS_MAX} times.`, { diagnosis: 'SESSION.SCOPE_LIMIT' })
const beyondSession = (remaining: number) =>
  validationError('The requested DurationSeconds exceeds the remaining life of the calling session.', {
    diagnosis: 'SESSION.DURATION_TOO_LONG',
    explanation: `The calling session has ${remaining} seconds left.`,
  })
