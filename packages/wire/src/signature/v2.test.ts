import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readCredentials } from './credentials.ts'
import { S3_KEY, botocoreVersion, lineOf, requestOf, v2Of, withHeaders } from './testing.ts'
import type { SignedRequest } from './types.ts'
import { hmacSha1, stringToSignV2, verifyV2 } from './v2.ts'

const secretAccessKey = S3_KEY.secretAccessKey
const EXPIRES = 1_772_370_000

/** Signs by query with our own string to sign; the documented examples and botocore say that it is AWS's. */
function presign(line: string, hostBucket?: string): SignedRequest {
  const request = requestOf(line, [['Host', 'bucket.example']])
  const text = stringToSignV2({ request, credentials: { form: 'query', expires: EXPIRES }, hostBucket })
  const own = `AWSAccessKeyId=${S3_KEY.accessKeyId}&Signature=${encodeURIComponent(hmacSha1(secretAccessKey, text))}&Expires=${EXPIRES}`
  return { ...request, rawQuery: request.rawQuery === '' ? own : `${request.rawQuery}&${own}` }
}
function verify(request: SignedRequest, hostBucket?: string): string {
  const credentials = v2Of(readCredentials(request, 's3'))
  return lineOf(verifyV2({ request, credentials, secretAccessKey, hostBucket })).slice(0, 25)
}
const refused = '403 SignatureDoesNotMatch'

const rows: readonly [name: string, line: string, change: (request: SignedRequest) => SignedRequest, want: string][] = [
  ['as signed', 'GET /b/key', (r) => r, 'ok'],
  ['a sub-resource', 'GET /b/key?acl', (r) => r, 'ok'],
  ['a sub-resource left out', 'GET /b/key?acl', (r) => ({ ...r, rawQuery: r.rawQuery.replace('acl&', '') }), refused],
  ['a sub-resource added', 'GET /b/key', (r) => ({ ...r, rawQuery: `tagging&${r.rawQuery}` }), refused],
  ['a parameter that is no sub-resource', 'GET /b/key', (r) => ({ ...r, rawQuery: `x=1&${r.rawQuery}` }), 'ok'],
  ['a response parameter', 'GET /b/key?response-content-type=a%2Fb', (r) => r, 'ok'],
  [
    'another response parameter',
    'GET /b/key?response-content-type=a%2Fb',
    (r) => ({ ...r, rawQuery: r.rawQuery.replace('%2Fb', '%2Fc') }),
    refused,
  ],
  ['metadata in the query', 'PUT /b/key?x-amz-meta-foo=bar', (r) => r, 'ok'],
  [
    'the same metadata as header too',
    'PUT /b/key?x-amz-meta-foo=bar',
    (r) => withHeaders(r, { 'x-amz-meta-foo': 'bar' }),
    'ok',
  ],
  [
    'other metadata as header too',
    'PUT /b/key?x-amz-meta-foo=bar',
    (r) => withHeaders(r, { 'x-amz-meta-foo': 'baz' }),
    refused,
  ],
  ['metadata that was not signed', 'PUT /b/key', (r) => withHeaders(r, { 'x-amz-meta-wrong': 'wrong' }), refused],
  [
    'a content type that was not signed',
    'PUT /b/key',
    (r) => withHeaders(r, { 'Content-Type': 'text/plain' }),
    refused,
  ],
  [
    'a content type in the query',
    'PUT /b/key?content-type=text%2Fplain',
    (r) => withHeaders(r, { 'Content-Type': 'text/plain' }),
    'ok',
  ],
  ['a session token in the query', 'GET /b/key?x-amz-security-token=a%2Fb', (r) => r, 'ok'],
  [
    'a session token taken out',
    'GET /b/key?x-amz-security-token=a',
    (r) => ({ ...r, rawQuery: r.rawQuery.replace(/x-amz-[^&]+&/, '') }),
    refused,
  ],
  ['another method', 'GET /b/key', (r) => ({ ...r, method: 'HEAD' }), refused],
  ['another path', 'GET /b/key', (r) => ({ ...r, rawPath: '/b/other' }), refused],
  ['a later end', 'GET /b/key', (r) => ({ ...r, rawQuery: r.rawQuery.replace('Expires=1', 'Expires=2') }), refused],
]
for (const [name, line, change, want] of rows) {
  test(`version 2: ${name}`, () => assert.equal(verify(change(presign(line))), want))
}
test('version 2: the bucket of the host belongs to the resource', () => {
  assert.equal(verify(presign('GET /key', 'b'), 'b'), 'ok')
  assert.equal(verify(presign('GET /key', 'b'), 'c'), refused)
  assert.equal(verify(presign('GET /key', 'b')), refused)
  assert.equal(verify(presign('GET /b/key'), undefined), 'ok')
})
test('version 2: a header with several values, in order of arrival', () => {
  const headers: SignedRequest['headers'] = [
    ['x-amz-b', ' 2 '],
    ['X-Amz-A', 'x'],
    ['x-amz-b', '1'],
  ]
  const text = stringToSignV2({ request: { ...requestOf('GET /?acl', []), headers }, credentials: { form: 'header' } })
  assert.equal(text, 'GET\n\n\n\nx-amz-a:x\nx-amz-b:2,1\n/?acl')
})

const SCRIPT = `
import json, sys
from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
out = []
for job in json.load(sys.stdin):
    request = AWSRequest(method=job['method'], url='http://h' + job['target'], headers=job['headers'])
    HmacV1QueryAuth(Credentials(job['id'], job['secret'], job['token']), 60).add_auth(request)
    out.append(request.url[len('http://h'):])
json.dump(out, sys.stdout)
`
const botocore = botocoreVersion()
const absent = botocore === undefined ? 'python3 with botocore is not here' : false

test('version 2: what botocore presigns verifies', { skip: absent }, () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
  const value = fc.stringMatching(/^[!-~]([ -~]{0,8}[!-~])?$/)
  const jobs = fc.sample(
    fc.record({
      method: fc.constantFrom('GET', 'PUT', 'DELETE', 'HEAD'),
      target: fc
        .tuple(
          fc.array(word, { maxLength: 3 }),
          fc.constantFrom('', '?acl', '?versionId=a%2Fb', '?uploadId=x&partNumber=2', '?other=1&tagging'),
        )
        .map(([path, query]) => `/${path.join('/')}${query}`),
      headers: fc.dictionary(
        fc.oneof(
          word.map((name) => `x-amz-meta-${name}`),
          fc.constant('content-type'),
        ),
        value,
        { maxKeys: 3, noNullPrototype: true },
      ),
      token: fc.option(value),
    }),
    { numRuns: 60, seed: 3 },
  )
  const sent = jobs.map((job) => ({ ...job, id: S3_KEY.accessKeyId, secret: secretAccessKey }))
  const answer = execFileSync('python3', ['-c', SCRIPT], { input: JSON.stringify(sent), encoding: 'utf8' })
  for (const [at, target] of (JSON.parse(answer) as string[]).entries()) {
    const job = jobs[at]
    assert.ok(job)
    const request = requestOf(`${job.method} ${target}`, [['Host', 'h']])
    assert.equal(verify(request), 'ok', target)
    assert.equal(verify({ ...request, rawPath: '/other' }), refused)
  }
})
