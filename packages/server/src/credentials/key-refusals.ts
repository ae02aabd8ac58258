/** What STS, IAM and S3 say about keys and tokens that are not good, and what the operator is told. */
import type { Credentials, Dialect } from '@understudy/wire'
import type { AuthenticationRefusal } from './authenticate.ts'
import type { Identified, NotIdentified } from './identify.ts'
import { expiredWords } from './session-words.ts'

type Failure = Extract<Identified, { ok: false }>

interface Row {
  readonly diagnosis: string
  readonly explanation: string
}

const rows: Readonly<Record<NotIdentified, Row>> = {
  'unknown-key': {
    diagnosis: 'AUTH.UNKNOWN_KEY',
    explanation: 'No access key with this id exists in any account of this server.',
  },
  'inactive-key': { diagnosis: 'AUTH.INACTIVE_KEY', explanation: 'The access key exists and its status is Inactive.' },
  'token-missing': {
    diagnosis: 'AUTH.TOKEN_MISSING',
    explanation: 'The key belongs to a session (ASIA…), and no session token came with it.',
  },
  'token-unexpected': {
    diagnosis: 'AUTH.TOKEN_INVALID',
    explanation: 'A session token came with a long-term access key: the two belong to different credentials.',
  },
  'token-malformed': {
    diagnosis: 'AUTH.TOKEN_INVALID',
    explanation: 'The session token is cut short, or no token of this server.',
  },
  'token-of-another-key': {
    diagnosis: 'AUTH.TOKEN_INVALID',
    explanation: 'The session token belongs to another access key.',
  },
  'token-changed': {
    diagnosis: 'AUTH.TOKEN_INVALID',
    explanation:
      'The session token was changed, was made by another server, or the sessions of its account were ended.',
  },
  expired: { diagnosis: 'AUTH.EXPIRED', explanation: 'The session has expired.' },
  'holder-gone': {
    diagnosis: 'AUTH.HOLDER_GONE',
    explanation:
      'The user or role of these credentials was deleted; a recreated one of the same name is somebody else.',
  },
  ended: {
    diagnosis: 'AUTH.SESSION_ENDED',
    explanation: 'An operator has ended the session before its time, or the delegation that it came from.',
  },
}

/** @returns the refusal in the words of the caller's protocol */
export function keyRefusal(failure: Failure, credentials: Credentials, dialect: Dialect): AuthenticationRefusal {
  const row = rows[failure.why]
  const explanation = failure.expired === undefined ? row.explanation : expiredWords(failure.expired)
  const said = dialect === 's3' ? s3Words(failure.why, credentials) : queryWords(failure.why)
  return { ok: false, fields: [], ...said, diagnosis: row.diagnosis, explanation }
}

interface Words {
  readonly code: string
  readonly status: number
  readonly message: string
  readonly fields?: readonly (readonly [string, string])[]
}

function queryWords(why: NotIdentified): Words {
  if (why === 'expired')
    return { code: 'ExpiredToken', status: 403, message: 'The security token included in the request is expired' }
  return {
    code: 'InvalidClientTokenId',
    status: 403,
    message: 'The security token included in the request is invalid.',
  }
}

function s3Words(why: NotIdentified, credentials: Credentials): Words {
  const token: readonly (readonly [string, string])[] =
    credentials.sessionToken === undefined ? [] : [['Token-0', credentials.sessionToken]]
  if (why === 'expired')
    return { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.', fields: token }
  // A stale token beside a long-term key: aws/aws-sdk-go issue 1802, s3tools/s3cmd issue 297.
  if (why === 'token-malformed' || why === 'token-changed' || why === 'token-unexpected')
    return {
      code: 'InvalidToken',
      status: 400,
      message: 'The provided token is malformed or otherwise invalid.',
      fields: token,
    }
  return {
    code: 'InvalidAccessKeyId',
    status: 403,
    message: 'The AWS Access Key Id you provided does not exist in our records.',
    fields: [['AWSAccessKeyId', credentials.accessKeyId]],
  }
}
