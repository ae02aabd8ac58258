import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { canonicalParts, canonicalRequest, stringToSign } from './canonical.ts'
import { hmacHex, signingKey } from './hash.ts'
import { S3_KEY, lineOf, requestOf, v4Of } from './testing.ts'
import { checkSignedHeaders } from './signed-headers.ts'
import type { RawHeader } from './types.ts'
import { verifyV4 } from './verify-v4.ts'

/** What S3 answered to presigned requests with a parameter and a header of one name. */
interface Recorded {
  readonly id: string
  readonly given: {
    readonly scene: string
    readonly query?: Readonly<Record<string, string>>
    readonly headers?: Readonly<Record<string, string>>
    readonly signed?: string
    readonly sent?: string
  }
  readonly answer: { readonly code?: string }
}

const file = new URL('../../../../../shared/recordings/native-s3.json', import.meta.url)
const skip = existsSync(file) ? false : 'the recordings are not here'
const records =
  skip === false ? (JSON.parse(readFileSync(file, 'utf8')) as { records: readonly Recorded[] }).records : []
const presigned = records.filter(({ id }) => id.startsWith('s3-presigned'))
const PAYER = 'x-amz-request-payer'

/** A client signs the header values it knows; that S3 takes the parameter's is the point. */
function verifies({ given }: Recorded): boolean {
  const signedHeaders = { ...given.headers, ...(given.signed === undefined ? {} : { [PAYER]: given.signed }) }
  const sentHeaders = { ...given.headers, ...(given.sent === undefined ? {} : { [PAYER]: given.sent }) }
  const names = ['host', ...Object.keys(signedHeaders)].toSorted()
  const query = [
    ...Object.entries(given.query ?? {}),
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${S3_KEY.accessKeyId}/20260913/us-east-1/s3/aws4_request`],
    ['X-Amz-Date', '20260913T120000Z'],
    ['X-Amz-Expires', '60'],
    ['X-Amz-SignedHeaders', names.join(';')],
  ].map((pair) => pair.map((part) => encodeURIComponent(part ?? '')).join('='))
  const of = (headers: Readonly<Record<string, string>>, signature: string) => {
    const all: RawHeader[] = [['host', 'bkt.s3.amazonaws.com'], ...Object.entries(headers)]
    return requestOf(`GET /item?${[...query, `X-Amz-Signature=${signature}`].join('&')}`, all)
  }
  const plain = of(signedHeaders, '0')
  const credentials = v4Of(plain, 's3')
  const payloadHash = 'UNSIGNED-PAYLOAD'
  const theirs = canonicalParts({ request: plain, credentials, payloadHash, service: 's3' })
  const headers = theirs.headers.map(
    ([name]) => [name, { host: 'bkt.s3.amazonaws.com', ...signedHeaders }[name] ?? ''] as const,
  )
  const key = signingKey(S3_KEY.secretAccessKey, '20260913', 'us-east-1', 's3')
  const signature = hmacHex(key, stringToSign(credentials, canonicalRequest({ ...theirs, headers })))
  const request = of(sentHeaders, signature)
  const signed = v4Of(request, 's3')
  if (!verifyV4({ request, credentials: signed, key, payloadHash }).ok) return false
  assert.equal(lineOf(checkSignedHeaders({ request, credentials: signed, dialect: 's3' })), 'ok')
  return true
}

test('presigned requests of the recordings', { skip }, () => {
  assert.ok(presigned.length >= 10, 'the records are found')
  for (const record of presigned) {
    // Refused before the signature is looked at.
    if (record.answer.code === 'InvalidBucketOwnerAWSAccountID') continue
    assert.equal(verifies(record), record.answer.code !== 'SignatureDoesNotMatch', record.id)
  }
})
