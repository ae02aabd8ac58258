// The layout of S3's documents, and what bad documents and headers answer.
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s3Model } from '../model/load.ts'
import type { OperationModel, Structure } from '../model/types.ts'
import { parseXml } from '../testing/parse-xml.ts'
import { bodyKind, decodeRestXml } from './decode.ts'
import type { RestBody } from './decode.ts'
import { encodeRestXml, encodeS3Error } from './encode.ts'
import { routeS3 } from './route.ts'

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

function operationOf(name: string): OperationModel {
  const operation = s3Model().operations.get(name)
  assert.ok(operation)
  return operation
}
const write = (name: string, output: Structure) => encodeRestXml(s3Model(), operationOf(name), output)

const layouts: readonly [name: string, output: Structure, body: string][] = [
  [
    'GetBucketLocation',
    { LocationConstraint: 'eu-west-1' },
    `<LocationConstraint ${NS}>eu-west-1</LocationConstraint>`,
  ],
  ['GetBucketLocation', {}, `<LocationConstraint ${NS}/>`],
  ['GetBucketVersioning', {}, `<VersioningConfiguration ${NS}/>`],
  [
    'ListBuckets',
    { Buckets: [{ Name: 'b', CreationDate: new Date(0) }], Owner: { ID: 'x' } },
    `<ListAllMyBucketsResult ${NS}><Owner><ID>x</ID></Owner><Buckets><Bucket><Name>b</Name><CreationDate>1970-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>`,
  ],
  [
    'GetBucketAcl',
    { Grants: [{ Grantee: { Type: 'CanonicalUser', ID: 'x' }, Permission: 'READ' }] },
    `<AccessControlPolicy ${NS}><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>x</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`,
  ],
  [
    'GetBucketTagging',
    { TagSet: [{ Key: 'a', Value: '"&"' }] },
    `<Tagging ${NS}><TagSet><Tag><Key>a</Key><Value>&quot;&amp;&quot;</Value></Tag></TagSet></Tagging>`,
  ],
  [
    'DeleteObjects',
    { Deleted: [{ Key: 'a' }, { Key: 'b' }] },
    `<DeleteResult ${NS}><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>`,
  ],
]
for (const [name, output, body] of layouts)
  test(`${name} ${JSON.stringify(output)}`, () => {
    const got = write(name, output)
    assert.equal(got.body, XML + body)
    assert.deepEqual(got.headers, { 'content-type': 'application/xml' })
  })

test('headers, prefix headers, ranges, streams', () => {
  const stream = (async function* () {})()
  const got = write('GetObject', {
    Body: stream,
    ETag: '"e"',
    LastModified: new Date(0),
    ContentLength: 3,
    Metadata: { Name: 'v' },
    ContentRange: 'bytes 0-2/9',
    DeleteMarker: false,
  })
  assert.equal(got.status, 206)
  assert.equal(got.body, stream)
  assert.deepEqual(got.headers, {
    etag: '"e"',
    'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
    'content-length': '3',
    'x-amz-meta-name': 'v',
    'content-range': 'bytes 0-2/9',
    'x-amz-delete-marker': 'false',
  })
  assert.equal(write('GetBucketPolicy', { Policy: '{}' }).headers['content-type'], 'application/json')
  assert.deepEqual(write('DeleteBucket', {}), { status: 204, headers: {}, body: undefined })
  assert.equal(write('HeadObject', { ContentLength: 3 }).body, undefined)
})

test('errors', () => {
  assert.equal(
    encodeS3Error({ code: 'NoSuchKey', message: 'No <key>', fields: [['Key', 'a']], requestId: 'R', hostId: 'H' }),
    `${XML}<Error><Code>NoSuchKey</Code><Message>No &lt;key&gt;</Message><Key>a</Key><RequestId>R</RequestId><HostId>H</HostId></Error>`,
  )
  const silent = encodeS3Error({ code: 'InvalidArgument', message: undefined, fields: [], requestId: 'R', hostId: 'H' })
  assert.doesNotMatch(silent, /Message/)
})

function decode(
  name: string,
  given: { query?: string; headers?: Readonly<Record<string, string>>; body?: RestBody },
): unknown {
  const request = { method: 'PUT', host: 'h', path: '/', query: given.query ?? '', headers: given.headers ?? {} }
  const route = { ok: true, operation: operationOf(name), bucket: 'b', key: 'k', virtualHosted: false } as const
  const decoded = decodeRestXml(route, request, given.body ?? { kind: 'none' })
  return decoded.ok ? decoded.input : decoded.code
}
const xml = (text: string): RestBody => ({ kind: 'xml', root: parseXml(text) })

const bodies: readonly [name: string, operation: string, body: RestBody, want: unknown][] = [
  [
    'namespace and prefix do not matter',
    'PutBucketTagging',
    xml(`<t:Tagging xmlns:t="x"><t:TagSet><t:Tag><t:Key>a</t:Key><t:Value/></t:Tag></t:TagSet></t:Tagging>`),
    { Bucket: 'b', Tagging: { TagSet: [{ Key: 'a', Value: '' }] } },
  ],
  ['another root', 'PutBucketTagging', xml('<Other/>'), 'MalformedXML'],
  ['no body', 'PutBucketTagging', { kind: 'none' }, 'MissingRequestBodyError'],
  ['optional body', 'CreateBucket', { kind: 'none' }, { Bucket: 'b' }],
  [
    'number',
    'CompleteMultipartUpload',
    xml('<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>'),
    'MalformedXML',
  ],
  [
    'attribute with another prefix',
    'PutBucketAcl',
    xml(
      '<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:i="x" i:type="Group"><URI>u</URI></Grantee></Grant></AccessControlList></AccessControlPolicy>',
    ),
    { Bucket: 'b', AccessControlPolicy: { Grants: [{ Grantee: { Type: 'Group', URI: 'u' } }] } },
  ],
  ['policy text', 'PutBucketPolicy', { kind: 'text', text: '{}' }, { Bucket: 'b', Policy: '{}' }],
]
for (const [name, operation, body, want] of bodies)
  test(name, () => assert.deepEqual(decode(operation, { body }), want))

test('headers and parameters', () => {
  const input = { Bucket: 'b', MaxKeys: 5, Prefix: 'a b', ContinuationToken: '' }
  assert.deepEqual(decode('ListObjectsV2', { query: 'max-keys=5&prefix=a+b&continuation-token=' }), input)
  assert.equal(decode('ListObjectsV2', { query: 'max-keys=x' }), 'InvalidArgument')
  assert.deepEqual(decode('GetObject', { headers: { 'if-modified-since': 'nonsense', range: 'bytes=0-1' } }), {
    Bucket: 'b',
    Key: 'k',
    Range: 'bytes=0-1',
  })
  const meta = decode('PutObject', { headers: { 'x-amz-meta-a': '1', 'x-amz-meta-__proto__': '2' } }) as {
    Metadata: object
  }
  assert.deepEqual(Object.keys(meta.Metadata), ['a', '__proto__'])
})

test('booleans in any case', () => {
  const headers = { 'x-amz-bypass-governance-retention': 'True' }
  assert.deepEqual(decode('DeleteObject', { headers }), { Bucket: 'b', Key: 'k', BypassGovernanceRetention: true })
})

test('control characters are references', () => {
  const got = write('DeleteObjects', { Deleted: [{ Key: 'a\u0001\r\n\t' }] })
  assert.match(String(got.body), /<Key>a&#x1;&#xD;\n\t<\/Key>/)
})

test('never throws, whatever comes', () => {
  const parts = fc.array(
    fc.constantFrom('/', 'b', 'k', '%', '%2F', '%FF', '?', '&', '=', 'acl', 'uploadId', 'partNumber', 'policy', 'é'),
    { maxLength: 8 },
  )
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', '')
  fc.assert(
    fc.property(parts, method, fc.string(), (target, verb, host) => {
      const [path = '', query = ''] = `/${target.join('')}`.split('?')
      const request = { method: verb, host, path, query, headers: { 'x-amz-meta-a': 'b', 'content-length': 'x' } }
      const route = routeS3(s3Model(), request, ['localhost'])
      if (route.ok) decodeRestXml(route, request, { kind: 'none' })
      else assert.ok(route.status >= 400)
    }),
    { numRuns: 2000 },
  )
})

test('kinds of bodies', () => {
  const kinds = ['GetObject', 'PutObject', 'PutBucketPolicy', 'DeleteObjects', 'SelectObjectContent'].map((name) =>
    bodyKind(operationOf(name)),
  )
  assert.deepEqual(kinds, ['none', 'stream', 'text', 'xml', 'xml'])
})
