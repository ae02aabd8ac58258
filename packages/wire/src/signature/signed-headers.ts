/** Which headers must be signed. Asked after the signature has been verified: S3 then names what was added to it. */
import { queryServiceMismatch, refuse } from './refusals.ts'
import type { Checked, Dialect, SignedRequest, V4Credentials } from './types.ts'

/** `host`, and every `x-amz-` header that came. */
export function checkSignedHeaders(input: {
  readonly request: SignedRequest
  readonly credentials: V4Credentials
  readonly dialect: Dialect
}): Checked {
  const { credentials, dialect } = input
  if (credentials.form === 'post') return { ok: true }
  const unsigned = unsignedHeaders(input.request, credentials.signedHeaders)
  const first = unsigned[0]
  if (first === undefined) return { ok: true }
  if (dialect !== 's3') {
    const name = first === 'host' ? "'Host' or ':authority'" : `'${first}'`
    const message = `${name} must be a 'SignedHeader' in the AWS Authorization.`
    return queryServiceMismatch(message, 'AUTH.HEADERS_NOT_SIGNED')
  }
  return refuse('AccessDenied', 403, 'There were headers present in the request which were not signed', {
    diagnosis: 'AUTH.HEADERS_NOT_SIGNED',
    fields: [['HeadersNotSigned', unsigned.join(', ')]],
  })
}

function unsignedHeaders({ headers }: SignedRequest, signed: readonly string[]): readonly string[] {
  const found = new Set<string>()
  if (!signed.includes('host')) found.add('host')
  for (const [raw] of headers) {
    const name = raw.toLowerCase()
    if (name.startsWith('x-amz-') && !signed.includes(name)) found.add(name)
  }
  return [...found]
}
