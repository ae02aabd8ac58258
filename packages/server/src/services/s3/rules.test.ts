/** The small rules, as tables: ranges, conditions, names, copy sources, tags, metadata, checksums. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBucketName, regionOfNewBucket } from './bucket-rules.ts'
import { CHECKSUMS, isChecksum } from './checksums.ts'
import { checkCopyConditions, namesEtag } from './conditions.ts'
import { parseCopySource } from './copy-source.ts'
import { decodeHeaderText, describe, encodeHeaderText } from './metadata.ts'
import { withPresignedHeaders } from './presigned-headers.ts'
import { byteRange } from './range.ts'
import { tagsOfHeader } from './tags.ts'

/** What a call gives, or the code that it throws. */
function got(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

const cases: readonly (readonly [name: string, run: () => unknown, want: unknown])[] = [
  ['range: first bytes', () => byteRange('bytes=0-1', 10), { start: 0, end: 1 }],
  ['range: last bytes of an empty object', () => byteRange('bytes=-1', 0), 'InvalidRange'],
  ['range: no last bytes', () => byteRange('bytes=-0', 10), 'InvalidRange'],
  ['range: neither end', () => byteRange('bytes=-', 10), undefined],
  ['range: spaces', () => byteRange(' bytes=1-1 ', 10), { start: 1, end: 1 }],

  ['etag: weak', () => namesEtag('W/"a"', 'a'), true],
  ['etag: in a list', () => namesEtag('"b", "a"', 'a'), true],
  ['etag: part of another', () => namesEtag('"ab"', 'a'), false],

  ['name: shortest', () => isBucketName('abc'), true],
  ['name: longest', () => isBucketName('a'.repeat(63)), true],
  ['name: too long', () => isBucketName('a'.repeat(64)), false],
  ['name: ends with a dash', () => isBucketName('abc-'), false],
  ['name: dots', () => isBucketName('a.b.c'), true],

  ['region: EU is Ireland', () => regionOfNewBucket('EU', 'us-east-1'), 'eu-west-1'],
  ['region: aws-global signs for us-east-1', () => regionOfNewBucket(undefined, 'aws-global'), 'us-east-1'],
  [
    'region: unspecified elsewhere',
    () => regionOfNewBucket(undefined, 'us-east-2'),
    'IllegalLocationConstraintException',
  ],
  ['region: no such', () => regionOfNewBucket('bar', 'us-east-1'), 'InvalidLocationConstraint'],
  [
    'region: aws-global elsewhere',
    () => regionOfNewBucket('aws-global', 'us-west-1'),
    'IllegalLocationConstraintException',
  ],

  ['copy: slash in front', () => parseCopySource('/b/k'), { bucket: 'b', key: 'k' }],
  ['copy: decoded once', () => parseCopySource('b/a%2541+b%2Fc'), { bucket: 'b', key: 'a%41+b/c' }],
  ['copy: encoded slash behind the bucket', () => parseCopySource('b%2Fk'), { bucket: 'b', key: 'k' }],
  ['copy: version', () => parseCopySource('b/k?versionId=null'), { bucket: 'b', key: 'k', versionId: 'null' }],
  ['copy: question mark of the key', () => parseCopySource('b/k?x'), { bucket: 'b', key: 'k?x' }],
  ['copy: no key', () => parseCopySource('b/'), 'InvalidArgument'],
  ['copy: no bucket', () => parseCopySource('key'), 'InvalidArgument'],
  ['copy: broken escape', () => parseCopySource('b/%zz'), 'InvalidArgument'],
  [
    'copy: not modified is a failure',
    () => checkCopyConditions({ CopySourceIfNoneMatch: '"a"' }, { etag: 'a', lastModified: new Date(0) }),
    'PreconditionFailed',
  ],

  ['tags: plus is a blank', () => tagsOfHeader('a+b=c'), [{ key: 'a b', value: 'c' }]],
  ['tags: without value', () => tagsOfHeader('a'), [{ key: 'a', value: '' }]],
  ['tags: none', () => tagsOfHeader(''), []],
  ['tags: no key', () => tagsOfHeader('=b'), 'InvalidArgument'],
  ['tags: eleven', () => tagsOfHeader(Array.from({ length: 11 }, (_, index) => `k${index}=v`).join('&')), 'BadRequest'],
  ['tags: a letter that is not allowed', () => tagsOfHeader('a=%3C'), 'InvalidTag'],
  ['tags: a value too long', () => tagsOfHeader(`a=${'v'.repeat(257)}`), 'InvalidTag'],

  ['encoding: aws-chunked alone', () => describe({ ContentEncoding: 'aws-chunked' }).systemHeaders, undefined],
  [
    'encoding: with another',
    () => describe({ ContentEncoding: 'gzip,aws-chunked' }).systemHeaders,
    { 'content-encoding': 'gzip' },
  ],
  ['metadata: raw UTF-8', () => decodeHeaderText(Buffer.from('grün').toString('latin1')), 'grün'],
  ['metadata: Latin-1 that is no UTF-8', () => decodeHeaderText('gr\u00fcn'), 'gr\u00fcn'],
  ['metadata: Q encoding', () => decodeHeaderText('=?UTF-8?Q?gr=C3=BCn_x?='), 'grün x'],
  ['metadata: two words', () => decodeHeaderText('=?UTF-8?B?YQ==?= =?UTF-8?B?Yg==?='), 'ab'],
  ['metadata: ASCII stays', () => encodeHeaderText('a  b\t'), 'a  b\t'],
  ['metadata: the rest leaves encoded', () => encodeHeaderText('ü'), '=?UTF-8?B?w7w=?='],
]
for (const [name, run, want] of cases) test(name, () => assert.deepEqual(got(run), want))

/** Check values: "123456789" from the catalogue of CRC algorithms, the others computed by other programs. */
const digests: readonly (readonly [name: string, want: string])[] = [
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
  ['MD5', '25f9e794323b453885f5181f1b624d0b'],
  ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
]
for (const [name, want] of digests)
  test(`checksum ${name}`, async () => {
    const algorithm = CHECKSUMS.get(name) ?? assert.fail()
    const digester = await algorithm.start()
    for (const piece of ['1234', '', '56789']) digester.update(Buffer.from(piece))
    const value = digester.digest()
    assert.equal(Buffer.from(value, 'base64').toString('hex'), want)
    assert.equal(isChecksum(algorithm, value), true)
    assert.equal(isChecksum(algorithm, value.slice(1)), false)
  })

const wire = (query: string, headers = {}) => ({ method: 'GET', host: 'h', path: '/b/k', query, headers })
const SIGNED = 'X-Amz-Signature=x'
test('parameters of a presigned URL count as headers, checksums do not', () => {
  const query = `${SIGNED}&x-amz-meta-a=1%2B2&x-amz-acl=private&x-amz-checksum-crc32=AAAAAA==&x-amz-checksum-mode=ENABLED`
  assert.deepEqual(withPresignedHeaders(wire(query, { host: 'h' })).wire.headers, {
    'x-amz-meta-a': '1+2',
    'x-amz-acl': 'private',
    host: 'h',
  })
  assert.deepEqual(withPresignedHeaders(wire('x-amz-acl=private')).wire.headers, {})
  const owner = wire(`${SIGNED}&x-amz-expected-bucket-owner=1`, { 'x-amz-expected-bucket-owner': '1' })
  assert.throws(() => withPresignedHeaders(owner), { code: 'InvalidBucketOwnerAWSAccountID' })
  const payer = wire(`${SIGNED}&x-amz-request-payer=requester`, { 'x-amz-request-payer': 'requester' })
  assert.equal(withPresignedHeaders(payer).conflict?.code, 'InvalidArgument')
})
