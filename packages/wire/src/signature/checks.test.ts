import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCredentials } from './credentials.ts'
import { EMPTY_HASH, sha256Hex } from './hash.ts'
import { checkBodyHash, checkDeclaredHash, readPayloadHash } from './payload-hash.ts'
import { missingToken } from './refusals.ts'
import { checkScope } from './scope.ts'
import { checkSignedHeaders } from './signed-headers.ts'
import { checkTime } from './time.ts'
import type { Dialect, SignedRequest } from './types.ts'
import { DAY, NOW, auth, get, lineOf, query, s3, s3url, set, sts, stsUrl, v4Of } from './testing.ts'

const malformed = (detail: string) =>
  `400 AuthorizationHeaderMalformed The authorization header is malformed; ${detail}`
const parameters = (text: string) => `400 AuthorizationQueryParametersError ${text}`
const wrongScope = (text: string) => `403 SignatureDoesNotMatch ${text}`
const scopes: readonly [
  name: string,
  request: SignedRequest,
  dialect: Dialect,
  region: string | undefined,
  want: string,
][] = [
  ['STS on any host', sts, 'sts', undefined, 'ok'],
  ['STS in the right Region', sts, 'sts', 'us-east-1', 'ok'],
  ['STS for aws-global', auth('us-east-1', 'aws-global')(sts), 'sts', 'us-east-1', 'ok'],
  ['STS in a wrong Region', sts, 'sts', 'eu-central-1', wrongScope('Credential should be scoped to a valid region. ')],
  [
    'STS in a Region that no name has',
    auth('us-east-1', 'us_east_1')(sts),
    'sts',
    undefined,
    wrongScope('Credential should be scoped to a valid region. '),
  ],
  [
    'STS without a Region',
    auth('us-east-1', '')(sts),
    'sts',
    undefined,
    wrongScope('Credential should be scoped to a valid region. '),
  ],
  [
    'STS for another service',
    auth('/sts/', '/s3/')(sts),
    'sts',
    undefined,
    wrongScope("Credential should be scoped to correct service: 'sts'. "),
  ],
  [
    'STS with another terminator',
    auth('aws4_request', 'aws5_request')(sts),
    'sts',
    undefined,
    wrongScope("Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "),
  ],
  [
    'STS on another day',
    auth(DAY, '20260228')(sts),
    'sts',
    undefined,
    wrongScope(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260228' != '${DAY}', from '${DAY}T120000Z'. `,
    ),
  ],
  [
    'STS with two faults',
    auth('/sts/', '/s3/')(sts),
    'sts',
    'eu-west-1',
    wrongScope(
      "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'sts'. ",
    ),
  ],
  ['S3 on any host', s3, 's3', undefined, 'ok'],
  [
    'S3 in a wrong Region',
    s3,
    's3',
    'eu-central-1',
    `${malformed("the region 'us-east-1' is wrong; expecting 'eu-central-1'")} [Region=eu-central-1]`,
  ],
  [
    'S3 presigned in a wrong Region',
    s3url,
    's3',
    'eu-central-1',
    `${parameters("Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'eu-central-1'")} [Region=eu-central-1]`,
  ],
  [
    'S3 for another service',
    auth('/s3/', '/sts/')(s3),
    's3',
    undefined,
    malformed('incorrect service "sts". This endpoint belongs to "s3".'),
  ],
  [
    'S3 with another terminator',
    auth('aws4_request', 'aws4_reques')(s3),
    's3',
    undefined,
    malformed('incorrect terminal "aws4_reques". This endpoint uses "aws4_request".'),
  ],
  [
    'S3 with a day of seven digits',
    auth(DAY, '2026030')(s3),
    's3',
    undefined,
    malformed('incorrect date format "2026030". This date in the credential must be in the format "yyyyMMdd".'),
  ],
  [
    'S3 on another day',
    auth(DAY, '20260228')(s3),
    's3',
    undefined,
    malformed(`Invalid credential date "20260228". This date is not the same as X-Amz-Date: "${DAY}".`),
  ],
]
for (const [name, request, dialect, region, want] of scopes) {
  test(`the scope of ${name}`, () => {
    assert.equal(lineOf(checkScope({ credentials: v4Of(request, dialect), dialect, service: dialect, region })), want)
  })
}

const skewed = (server: string) =>
  `403 RequestTimeTooSkewed The difference between the request time and the current time is too large. [RequestTime=${DAY}T120000Z] [ServerTime=${server}] [MaxAllowedSkewMilliseconds=900000]`
const expired = (server: string) =>
  `403 AccessDenied Request has expired [X-Amz-Expires=60] [Expires=2026-03-01T12:01:00Z] [ServerTime=${server}]`
const times: readonly [name: string, request: SignedRequest, dialect: Dialect, seconds: number, want: string][] = [
  ['STS', sts, 'sts', 0, 'ok'],
  ['STS', sts, 'sts', 900, 'ok'],
  ['STS', sts, 'sts', 900.9, 'ok'],
  ['STS', sts, 'sts', -900, 'ok'],
  [
    'STS',
    sts,
    'sts',
    901,
    `403 SignatureDoesNotMatch Signature expired: ${DAY}T120000Z is now earlier than ${DAY}T120001Z (${DAY}T121501Z - 15 min.)`,
  ],
  [
    'IAM',
    sts,
    'iam',
    -901,
    `403 SignatureDoesNotMatch Signature not yet current: ${DAY}T120000Z is still later than ${DAY}T115959Z (${DAY}T114459Z + 15 min.)`,
  ],
  ['presigned STS, whose X-Amz-Expires is ignored,', stsUrl, 'sts', 899, 'ok'],
  [
    'presigned STS',
    stsUrl,
    'sts',
    901,
    `403 SignatureDoesNotMatch Signature expired: ${DAY}T120000Z is now earlier than ${DAY}T120001Z (${DAY}T121501Z - 15 min.)`,
  ],
  ['S3', s3, 's3', 900, 'ok'],
  ['S3', s3, 's3', -900, 'ok'],
  ['S3', s3, 's3', 901, skewed('2026-03-01T12:15:01Z')],
  ['S3', s3, 's3', -901, skewed('2026-03-01T11:44:59Z')],
  ['presigned S3', s3url, 's3', 59, 'ok'],
  ['presigned S3', s3url, 's3', 60, expired('2026-03-01T12:01:00Z')],
  ['presigned S3', s3url, 's3', 901, expired('2026-03-01T12:15:01Z')],
  ['presigned S3', s3url, 's3', -900, 'ok'],
  [
    'presigned S3',
    s3url,
    's3',
    -901,
    `403 AccessDenied Request is not yet valid [X-Amz-Date=${NOW}] [Expires=2026-03-01T12:01:00Z] [ServerTime=2026-03-01T11:44:59Z]`,
  ],
]
for (const [name, request, dialect, seconds, want] of times) {
  test(`${name} at ${seconds} seconds`, () => {
    const now = NOW + seconds * 1000
    assert.equal(lineOf(checkTime({ credentials: v4Of(request, dialect), dialect, now })), want)
  })
}
test('version 2 in a header has the window of S3', () => {
  const request = set('authorization', 'AWS AKIA:c2ln')(set('date', new Date(NOW).toUTCString())(get))
  const found = readCredentials(request, 's3')
  assert.ok(found.ok && found.kind === 'signed')
  const at = (now: number) => lineOf(checkTime({ credentials: found.credentials, dialect: 's3', now }))
  assert.equal(at(NOW + 900_000), 'ok')
  assert.match(at(NOW + 901_000), /^403 RequestTimeTooSkewed .*RequestTime=Sun, 01 Mar 2026 12:00:00 GMT/)
})
test('version 2 runs out at Expires', () => {
  const found = readCredentials({ ...get, rawQuery: `AWSAccessKeyId=A&Signature=s&Expires=${NOW / 1000}` }, 's3')
  assert.ok(found.ok && found.kind === 'signed')
  const at = (now: number) => lineOf(checkTime({ credentials: found.credentials, dialect: 's3', now }))
  assert.equal(at(NOW - 1), 'ok')
  assert.equal(
    at(NOW),
    '403 AccessDenied Request has expired [Expires=2026-03-01T12:00:00Z] [ServerTime=2026-03-01T12:00:00Z]',
  )
})

const notSigned = (names: string) =>
  `403 AccessDenied There were headers present in the request which were not signed [HeadersNotSigned=${names}]`
const unsigned: readonly [name: string, request: SignedRequest, dialect: Dialect, want: string][] = [
  ['S3 as signed', s3, 's3', 'ok'],
  ['S3 with a further header', set('x-other', '1')(s3), 's3', 'ok'],
  ['S3 with a further x-amz header', set('X-Amz-Meta-Color', 'red')(s3), 's3', notSigned('x-amz-meta-color')],
  [
    'S3 with two',
    set('x-amz-acl', 'private')(set('x-amz-security-token', 't')(s3)),
    's3',
    notSigned('x-amz-security-token, x-amz-acl'),
  ],
  ['S3 with host not signed', auth('SignedHeaders=host;', 'SignedHeaders=')(s3), 's3', notSigned('host')],
  [
    'presigned S3 with a header of a parameter name',
    set('x-amz-expires', '5')(s3url),
    's3',
    notSigned('x-amz-expires'),
  ],
  ['STS as signed', sts, 'sts', 'ok'],
  [
    'STS with a further x-amz header',
    set('x-amz-foo', '1')(sts),
    'sts',
    "403 SignatureDoesNotMatch 'x-amz-foo' must be a 'SignedHeader' in the AWS Authorization.",
  ],
  [
    'STS with host not signed',
    auth('host;', '')(sts),
    'sts',
    "403 SignatureDoesNotMatch 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
  ],
]
for (const [name, request, dialect, want] of unsigned) {
  test(`signed headers: ${name}`, () => {
    assert.equal(lineOf(checkSignedHeaders({ request, credentials: v4Of(request, dialect), dialect })), want)
  })
}

const HASH = 'x-amz-content-sha256'
const list =
  'UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.'
const badHash = (value: string) =>
  `400 InvalidArgument ${HASH} must be ${list} [ArgumentName=${HASH}] [ArgumentValue=${value}]`
const hashes: readonly [name: string, request: SignedRequest, want: string][] = [
  ['a hash', s3, `hash ${EMPTY_HASH}`],
  ['none', set(HASH, undefined)(s3), `400 InvalidRequest Missing required header for this request: ${HASH}`],
  ['one not signed', auth(`;${HASH}`, '')(s3), `400 InvalidRequest header '${HASH}' must be included in signature`],
  ['a short hash', set(HASH, EMPTY_HASH.slice(1))(s3), badHash(EMPTY_HASH.slice(1))],
  ['an unknown streaming form', set(HASH, 'STREAMING-OTHER')(s3), badHash('STREAMING-OTHER')],
  ['the name of an object method', set(HASH, 'toString')(s3), badHash('toString')],
  ['UNSIGNED-PAYLOAD', set(HASH, 'UNSIGNED-PAYLOAD')(s3), 'unsigned UNSIGNED-PAYLOAD'],
  [
    'a streaming form',
    set(HASH, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')(s3),
    'streaming STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  ],
  ['one that a presigned URL did not sign', set(HASH, EMPTY_HASH)(s3url), 'unsigned UNSIGNED-PAYLOAD'],
  ['none in a presigned URL', s3url, 'unsigned UNSIGNED-PAYLOAD'],
  ['a parameter of a presigned URL', query(/$/, `&X-Amz-Content-Sha256=${EMPTY_HASH}`)(s3url), `hash ${EMPTY_HASH}`],
]
for (const [name, request, want] of hashes) {
  test(`S3's payload hash: ${name}`, () => {
    const found = readPayloadHash(request, v4Of(request, 's3'))
    assert.equal(found.ok ? `${found.kind} ${found.value}` : lineOf(found), want)
  })
}

test('a body that does not have the declared hash', () => {
  const other = sha256Hex('other')
  assert.equal(lineOf(checkBodyHash(EMPTY_HASH, EMPTY_HASH)), 'ok')
  assert.equal(
    lineOf(checkBodyHash(EMPTY_HASH, other)),
    `400 XAmzContentSHA256Mismatch The provided 'x-amz-content-sha256' header does not match what was computed. [ClientComputedContentSHA256=${EMPTY_HASH}] [S3ComputedContentSHA256=${other}]`,
  )
})
test('STS compares a declared hash when one is sent', () => {
  assert.equal(lineOf(checkDeclaredHash(sts, EMPTY_HASH)), 'ok')
  assert.equal(lineOf(checkDeclaredHash(set(HASH, EMPTY_HASH)(sts), EMPTY_HASH)), 'ok')
  assert.match(lineOf(checkDeclaredHash(set(HASH, EMPTY_HASH)(sts), sha256Hex('x'))), /^403 SignatureDoesNotMatch The/)
})
test('nothing signed', () => {
  assert.equal(lineOf(missingToken()), '403 MissingAuthenticationToken Request is missing Authentication Token')
})
