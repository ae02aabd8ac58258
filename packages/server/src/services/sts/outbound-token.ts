/**
 * GetWebIdentityToken: a token for services outside AWS that says who the caller is. Order as AWS: validation, permission,
 * remaining life of the session, feature, size. Texts recorded in September 2026 (native/outbound).
 */
import type { Sts, StsOperations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import { OUTBOUND_ISSUER, outboundIssuers } from '../../entities/outbound.ts'
import type { OutboundAlgorithm, OutboundIssuer } from '../../entities/outbound.ts'
import { folded } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import { signOutbound } from '../../federation/outbound/issuer.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { invalidParameterValue } from './errors.ts'
import { refuseOnGlobalEndpoint } from './global-endpoint.ts'
import { outboundClaims } from './outbound-claims.ts'

const DEFAULT_SECONDS = 300
/** Bytes of the claims as JSON text: more is refused. Recorded 2026, native/outbound/token/payload-limit. */
const PAYLOAD_BYTES_MAX = 14_984
const ALGORITHMS: readonly string[] = ['RS256', 'ES384'] satisfies readonly OutboundAlgorithm[]

export const outboundTokenOperations = {
  GetWebIdentityToken: {
    access: 'read',
    ask: (input, call) => {
      checkInput(input, call)
      return questions(input, call)
    },
    handle: async (input, call, store) => {
      const algorithm = checkInput(input, call)
      const seconds = input.DurationSeconds ?? DEFAULT_SECONDS
      checkRemainingLife(seconds, call)
      const issuer = await enabledIssuer(call, store)
      const wire = call.platform.clock.wire()
      const claims = await outboundClaims(input, { issuer, issuedAt: Math.floor(wire / 1000), seconds }, call, store)
      if (Buffer.byteLength(JSON.stringify(claims)) > PAYLOAD_BYTES_MAX) throw payloadTooLarge()
      const by = { account: call.account, issuer }
      return {
        WebIdentityToken: await signOutbound(claims, algorithm, by, call.platform.vault),
        Expiration: new Date(wire + seconds * 1000),
      }
    },
  },
} satisfies Operations<StsOperations, 'GetWebIdentityToken'>

/** @returns the algorithm. @throws AwsError for parameters and callers that do not do, before any policy is asked */
function checkInput(input: Sts.GetWebIdentityTokenRequest, call: Call): OutboundAlgorithm {
  refuseOnGlobalEndpoint(call, 'Operation not supported on STS global endpoint')
  if (!ALGORITHMS.includes(input.SigningAlgorithm))
    throw validationError(
      'Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation for supported algorithms',
    )
  const keys = (input.Tags ?? []).map((tag) => folded(tag.Key))
  if (new Set(keys).size < keys.length)
    throw invalidParameterValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  checkSubject(input)
  if (call.caller.kind === 'federated-user')
    throw accessDenied('GetWebIdentityToken does not support federated user sessions', {
      diagnosis: 'SESSION.CREDENTIAL_KIND',
      explanation: 'Credentials of GetFederationToken get no token: call with those of a user or a role.',
    })
  return input.SigningAlgorithm as OutboundAlgorithm
}

/**
 * Only sessions with a trusted identity propagation context have an origin identity, and no session here has one. STS API
 * Reference, GetWebIdentityToken, says that both are then validation errors; their texts are our own.
 */
function checkSubject({ SubjectMode: mode, Scope: scope }: Sts.GetWebIdentityTokenRequest): void {
  if (mode !== undefined && mode !== 'AWSIdentity' && mode !== 'OriginIdentity')
    throw validationError(`SubjectMode ${mode} is not supported: it is AWSIdentity or OriginIdentity`)
  if (mode === 'OriginIdentity')
    throw validationError('SubjectMode OriginIdentity needs a session with an origin identity')
  if (scope !== undefined) throw validationError('Scope can be specified only when SubjectMode is OriginIdentity')
}

function questions(input: Sts.GetWebIdentityTokenRequest, call: Call): Asks {
  const tags = input.Tags ?? []
  const base = {
    resource: `arn:aws:sts::${call.account}:self`,
    context: {
      'sts:IdentityTokenAudience': input.Audience,
      'sts:SigningAlgorithm': input.SigningAlgorithm,
      'sts:DurationSeconds': String(input.DurationSeconds ?? DEFAULT_SECONDS),
      'sts:SubjectMode': 'AWSIdentity',
      'aws:TagKeys': tags.length > 0 ? tags.map((tag) => tag.Key) : undefined,
      ...Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value])),
    },
  } satisfies Omit<Ask, 'action'>
  const ask = { ...base, action: 'sts:GetWebIdentityToken' }
  return tags.length > 0 ? [ask, { ...base, action: 'sts:TagGetWebIdentityToken' }] : [ask]
}

/** @throws AwsError SessionDurationEscalationException for a token that would outlive the caller's session */
function checkRemainingLife(seconds: number, { caller, now }: Call): void {
  const session = 'session' in caller ? caller.session : undefined
  if (session === undefined || now + seconds * 1000 <= session.expiresAt) return
  throw new AwsError(
    'SessionDurationEscalationException',
    403,
    "Requested token expiry time must be before the original session's expiry time.",
    {
      diagnosis: 'SESSION.DURATION_TOO_LONG',
      explanation: `${seconds} seconds were requested, the session has ${Math.floor((session.expiresAt - now) / 1000)} left.`,
    },
  )
}

async function enabledIssuer(call: Call, store: Reader): Promise<OutboundIssuer> {
  const issuer = await store.get(outboundIssuers, call.account, OUTBOUND_ISSUER)
  if (issuer?.enabled) return issuer
  throw new AwsError(
    'OutboundWebIdentityFederationDisabledException',
    403,
    'OutboundWebIdentityFederation is disabled.',
    {
      diagnosis: 'SESSION.OUTBOUND_DISABLED',
      explanation: `Account ${call.account} issues no tokens: an administrator calls EnableOutboundWebIdentityFederation once.`,
    },
  )
}

/** The code is recorded, the text is our own. */
const payloadTooLarge = () =>
  new AwsError('JWTPayloadSizeExceededException', 400, 'The payload of the requested token is too large.', {
    diagnosis: 'REQUEST.TOO_LARGE',
    explanation: `The claims take more than ${PAYLOAD_BYTES_MAX} bytes: send fewer or shorter tags and audiences.`,
  })
