import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCredentials } from './credentials.ts'
import { sha256Hex } from './hash.ts'
import { mechanismUnsupported } from './refusals.ts'
import type { Dialect, SignedRequest } from './types.ts'
import { DAY, NOW, S3_KEY, auth, get, headerOf, lineOf, query, s3, s3url, set, sts, stsUrl } from './testing.ts'
import type { Edit } from './testing.ts'

function read(request: SignedRequest, dialect: Dialect): string {
  const found = readCredentials(request, dialect)
  if (!found.ok) return lineOf(found)
  return found.kind === 'none' ? 'none' : `${found.credentials.version} ${found.credentials.form}`
}

const malformed = (detail: string) =>
  `400 AuthorizationHeaderMalformed The authorization header is malformed; ${detail}`
const components = malformed(
  'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
)
const credentialForm = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
const noDate = '403 AccessDenied AWS authentication requires a valid Date or x-amz-date header'
const parameters = (text: string) => `400 AuthorizationQueryParametersError ${text}`
const allParameters = parameters(
  'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
)
const hashed = (request: SignedRequest) =>
  `(Hashed with SHA-256 and encoded with Base64) Authorization=${Buffer.from(sha256Hex(headerOf(request, 'authorization')), 'hex').toString('base64')}`
const v2Needs =
  '403 AccessDenied Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters'
const argument = (text: string, value: string) =>
  `400 InvalidArgument ${text} [ArgumentName=Authorization] [ArgumentValue=${value}]`

const s3Headers: readonly [name: string, edit: Edit, want: string][] = [
  ['nothing changed', (r) => r, 'v4 header'],
  ['no Authorization', set('authorization', undefined), 'none'],
  ['an empty Authorization', set('authorization', ''), 'none'],
  [
    'a Date header instead of x-amz-date',
    (r) => set('date', new Date(NOW).toUTCString())(set('x-amz-date', undefined)(r)),
    'v4 header',
  ],
  ['no Credential', auth(/Credential=\S+ /, ''), components],
  ['no SignedHeaders', auth(/SignedHeaders=\S+ /, ''), components],
  ['no Signature', auth(/, Signature=.*/, ''), components],
  ['a part without a value', auth(/Signature=.*/, 'Signature'), components],
  ['a credential of four parts', auth('/us-east-1/', '/'), malformed(credentialForm)],
  ['no date', set('x-amz-date', undefined), noDate],
  ['a date in another form', set('x-amz-date', '2026-03-01T12:00:00Z'), noDate],
  ['a day that does not exist', set('x-amz-date', '20260230T120000Z'), noDate],
  ['version 2', set('authorization', 'AWS AKIA:c2ln'), 'v2 header'],
  ['version 2 without a date', (r) => set('authorization', 'AWS AKIA:c2ln')(set('x-amz-date', undefined)(r)), noDate],
  ['a date after the year 9999', set('x-amz-date', 'Fri, 31 Dec 20000 00:00:00 GMT'), noDate],
  [
    'version 2 without a signature',
    set('authorization', 'AWS AKIA'),
    argument('AWS authorization header is invalid.  Expected AwsAccessKeyId:signature', 'AWS AKIA'),
  ],
  ['another scheme', set('authorization', 'Bearer token'), argument('Unsupported Authorization Type', 'Bearer token')],
  ['another version', auth('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA512'), lineOf(mechanismUnsupported())],
  ['version 4A', (r) => auth('/us-east-1/', '/')(auth('HMAC', 'ECDSA-P256')(r)), 'v4a header'],
  [
    'header and query together',
    (r) => ({ ...set('authorization', 'AWS4-HMAC-SHA256 a')(r), rawQuery: 'X-Amz-Algorithm=AWS4-HMAC-SHA256' }),
    argument(
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
      'AWS4-HMAC-SHA256 a',
    ),
  ],
]
for (const [name, edit, want] of s3Headers) {
  test(`S3 reads a header with ${name}`, () => assert.equal(read(edit(s3), 's3'), want))
}

const s3Urls: readonly [name: string, edit: Edit, want: string][] = [
  ['nothing changed', (r) => r, 'v4 query'],
  [
    'names in lower case',
    (r) => ({ ...r, rawQuery: r.rawQuery.replace(/X-Amz-\w+/g, (name) => name.toLowerCase()) }),
    'v4 query',
  ],
  ...['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires'].map(
    (name): [string, Edit, string] => [`no ${name}`, query(new RegExp(`X-Amz-${name}=[^&]+`), ''), allParameters],
  ),
  [
    'another algorithm',
    query('HMAC-SHA256', 'HMAC-SHA1'),
    parameters('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'),
  ],
  [
    'a credential encoded twice',
    query(/%2F/g, '%252F'),
    parameters(`Error parsing the X-Amz-Credential parameter; ${credentialForm}`),
  ],
  [
    'a date in another form',
    query(/X-Amz-Date=[^&]+/, 'X-Amz-Date=2026-03-01'),
    parameters(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`),
  ],
  ['a life of a week', query('Expires=60', 'Expires=604800'), 'v4 query'],
  [
    'a life above a week',
    query('Expires=60', 'Expires=604801'),
    parameters(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    ),
  ],
  ['a negative life', query('Expires=60', 'Expires=-1'), parameters('X-Amz-Expires must be non-negative')],
  ['a life that is no number', query('Expires=60', 'Expires=1h'), parameters('X-Amz-Expires should be a number')],
]
for (const [name, edit, want] of s3Urls) {
  test(`S3 reads a presigned URL with ${name}`, () => assert.equal(read(edit(s3url), 's3'), want))
}

const v2Urls: readonly [query: string, want: string][] = [
  ['AWSAccessKeyId=A&Signature=c2ln&Expires=1', 'v2 query'],
  ['AWSAccessKeyId=A&Signature=c2ln', v2Needs],
  ['AWSAccessKeyId=A&Expires=1', v2Needs],
  ['Signature=c2ln&Expires=1', v2Needs],
  [
    'AWSAccessKeyId=A&Signature=c2ln&Expires=soon',
    '403 AccessDenied Invalid date (should be seconds since epoch): soon',
  ],
  [
    'AWSAccessKeyId=A&Signature=c2ln&Expires=9999999999999',
    '403 AccessDenied Invalid date (should be seconds since epoch): 9999999999999',
  ],
  ['expires=1&signature=2', 'none'],
]
for (const [rawQuery, want] of v2Urls) {
  test(`S3 reads version 2 in ${rawQuery}`, () => assert.equal(read({ ...get, rawQuery }, 's3'), want))
}
test('STS does not know version 2 in the query', () => {
  assert.equal(read({ ...get, rawQuery: 'AWSAccessKeyId=A&Signature=c2ln&Expires=1' }, 'sts'), 'none')
})

const incomplete = (text: string) => `400 IncompleteSignature ${text}`
const requires = (name: string) => `Authorization header requires '${name}' parameter.`
const dateRequired = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
const noEquals = (text: string) =>
  `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${Buffer.from(sha256Hex(text), 'hex').toString('base64')}'.`

const stsHeaders: readonly [name: string, edit: Edit, want: (edited: SignedRequest) => string][] = [
  ['nothing changed', (r) => r, () => 'v4 header'],
  ['no Authorization', set('authorization', undefined), () => 'none'],
  [
    'another algorithm',
    auth('HMAC-SHA256', 'HMAC-SHA512'),
    () => incomplete("Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."),
  ],
  ['version 2', set('authorization', 'AWS AKIA:c2ln'), () => incomplete("Unsupported AWS 'algorithm': 'AWS'.")],
  ['another scheme', set('authorization', 'Bearer token'), () => incomplete(noEquals('Bearer token'))],
  [
    'a scheme with an equal-sign',
    set('authorization', 'Basic dTpw=='),
    (r) => incomplete([...['Credential', 'Signature', 'SignedHeaders'].map(requires), hashed(r)].join(' ')),
  ],
  ['no Credential', auth(/Credential=\S+ /, ''), (r) => incomplete(`${requires('Credential')} ${hashed(r)}`)],
  ['no SignedHeaders', auth(/SignedHeaders=\S+ /, ''), (r) => incomplete(`${requires('SignedHeaders')} ${hashed(r)}`)],
  ['no Signature', auth(/, Signature=.*/, ''), (r) => incomplete(`${requires('Signature')} ${hashed(r)}`)],
  ['no date', set('x-amz-date', undefined), (r) => incomplete(`${dateRequired} ${hashed(r)}`)],
  [
    'a date in another form',
    set('x-amz-date', '2026-03-01'),
    () =>
      incomplete(
        "Date must be in ISO-8601 'basic format'. Got '2026-03-01'. See http://en.wikipedia.org/wiki/ISO_8601",
      ),
  ],
  [
    'a credential of four parts',
    auth('/us-east-1/', '/'),
    () =>
      incomplete(
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${S3_KEY.accessKeyId}/${DAY}/sts/aws4_request'`,
      ),
  ],
]
for (const [name, edit, want] of stsHeaders) {
  test(`STS reads a header with ${name}`, () => {
    const edited = edit(sts)
    assert.equal(read(edited, 'sts'), want(edited))
  })
}

const mustInclude = (...names: string[]) =>
  incomplete(
    `${names.map((name) => `AWS query-string parameters must include '${name}'.`).join(' ')} Re-examine the query-string parameters.`,
  )
const stsUrls: readonly [name: string, edit: Edit, want: string][] = [
  ['nothing changed', (r) => r, 'v4 query'],
  ['no life', query(/X-Amz-Expires=60&/, ''), 'v4 query'],
  ['a life that is no number', query('Expires=60', 'Expires=1h'), 'v4 query'],
  ['no date', query(/X-Amz-Date=[^&]+/, ''), mustInclude('X-Amz-Date')],
  [
    'a signature alone',
    (r) => ({ ...r, rawQuery: 'X-Amz-Signature=1' }),
    mustInclude('X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Date'),
  ],
  [
    'another algorithm',
    query('HMAC-SHA256', 'HMAC-SHA1'),
    incomplete("Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."),
  ],
  [
    'a date in another form',
    query(/X-Amz-Date=[^&]+/, 'X-Amz-Date=now'),
    incomplete("Date must be in ISO-8601 'basic format'. Got 'now'. See http://en.wikipedia.org/wiki/ISO_8601"),
  ],
]
for (const [name, edit, want] of stsUrls) {
  test(`STS reads a presigned URL with ${name}`, () => assert.equal(read(edit(stsUrl), 'sts'), want))
}
