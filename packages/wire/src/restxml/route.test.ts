// Which S3 operation a request is, request by request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s3Model } from '../model/load.ts'
import { routeS3 } from './route.ts'

/** What a request line becomes: operation bucket key, or the code of the refusal. */
function routed(line: string, host: string, headers: Readonly<Record<string, string>>): string {
  const [method = '', target = ''] = line.split(' ')
  const [path = '', query = ''] = target.split('?')
  const route = routeS3(s3Model(), { method, host, path, query, headers }, ['localhost', 'play.test'])
  if (!route.ok) return `${route.status} ${route.code}`
  return [route.operation.name, route.bucket ?? '-', ...(route.key === undefined ? [] : [route.key])].join(' ')
}

const lines: readonly [line: string, want: string][] = [
  ['GET /', 'ListBuckets -'],
  ['GET /?x-id=ListBuckets', 'ListBuckets -'],
  ['GET /b', 'ListObjects b'],
  ['GET /b/', 'ListObjects b'],
  ['GET /b/?prefix=a&unknown=1', 'ListObjects b'],
  ['GET /b?list-type=2', 'ListObjectsV2 b'],
  ['GET /b?list-type=1', 'ListObjects b'],
  ['GET /b?policy', 'GetBucketPolicy b'],
  ['GET /b?policy=', 'GetBucketPolicy b'],
  ['GET /b?policyStatus', 'GetBucketPolicyStatus b'],
  ['GET /b?location', 'GetBucketLocation b'],
  ['GET /b?analytics', 'ListBucketAnalyticsConfigurations b'],
  ['GET /b?analytics&id=x', 'GetBucketAnalyticsConfiguration b'],
  ['GET /b?acl&policy', '400 InvalidArgument'],
  ['GET /b?session', 'CreateSession b'],
  ['HEAD /b', 'HeadBucket b'],
  ['PUT /b', 'CreateBucket b'],
  ['PUT /b?analytics', '400 InvalidRequest'],
  ['DELETE /b', 'DeleteBucket b'],
  ['DELETE /b?acl', '405 MethodNotAllowed'],
  ['DELETE /b?versioning', '405 MethodNotAllowed'],
  ['DELETE /b?analytics', '400 InvalidRequest'],
  ['POST /b?delete', 'DeleteObjects b'],
  ['POST /b', '405 MethodNotAllowed'],
  ['PATCH /b', '405 MethodNotAllowed'],
  ['DELETE /', '405 MethodNotAllowed'],
  ['GET /b/k', 'GetObject b k'],
  ['GET /b/k?versionId=1&response-expires=x', 'GetObject b k'],
  ['GET /b/a/b%2Fc//d/', 'GetObject b a/b/c//d/'],
  ['GET /b//k', 'GetObject b /k'],
  ['GET /b/a+b%20c', 'GetObject b a+b c'],
  ['GET /b/%E2%9C%93', 'GetObject b ✓'],
  ['GET /b/%E2%9C', '400 InvalidURI'],
  ['GET /b/%zz', '400 InvalidURI'],
  ['GET //k', '400 InvalidURI'],
  ['HEAD /b/k', 'HeadObject b k'],
  ['PUT /b/k', 'PutObject b k'],
  ['PUT /b/k?x-id=PutObject', 'PutObject b k'],
  ['PUT /b/k?partNumber=1&uploadId=u', 'UploadPart b k'],
  ['PUT /b/k?uploadId=u', '400 InvalidRequest'],
  ['GET /b/k?uploadId=u', 'ListParts b k'],
  ['DELETE /b/k?uploadId=u', 'AbortMultipartUpload b k'],
  ['POST /b/k?uploads', 'CreateMultipartUpload b k'],
  ['POST /b/k?uploadId=u', 'CompleteMultipartUpload b k'],
  ['PUT /b/k?acl', 'PutObjectAcl b k'],
  ['PUT /b/k?encryption', 'UpdateObjectEncryption b k'],
  ['GET /b/k?attributes', '400 InvalidRequest'],
  ['POST /b/k?select&select-type=2', 'SelectObjectContent b k'],
  ['POST /WriteGetObjectResponse', '400 InvalidRequest'],
]
for (const [line, want] of lines) test(line, () => assert.equal(routed(line, '127.0.0.1:9000', {}), want))

const copy = { 'x-amz-copy-source': '/a/b' }
test('a copy source chooses CopyObject and UploadPartCopy', () => {
  assert.equal(routed('PUT /b/k', 'h', copy), 'CopyObject b k')
  assert.equal(routed('PUT /b/k?partNumber=1&uploadId=u', 'h', copy), 'UploadPartCopy b k')
})

const hosts: readonly [host: string, want: string][] = [
  ['bucket.s3.eu-west-1.amazonaws.com', 'GetObject bucket k'],
  ['my.dotted.bucket.s3.eu-west-1.amazonaws.com', 'GetObject my.dotted.bucket k'],
  ['bucket.s3.amazonaws.com', 'GetObject bucket k'],
  ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 'GetObject bucket k'],
  ['s3.eu-west-1.amazonaws.com', 'ListObjects k'],
  ['bucket.localhost:9000', 'GetObject bucket k'],
  ['bucket.s3.localhost:9000', 'GetObject bucket k'],
  ['s3.localhost:9000', 'ListObjects k'],
  ['s3.eu-west-1.localhost', 'ListObjects k'],
  ['localhost', 'ListObjects k'],
  ['BUCKET.Play.Test', 'GetObject bucket k'],
  ['other.test', 'ListObjects k'],
]
for (const [host, want] of hosts) test(`host ${host}`, () => assert.equal(routed('GET /k', host, {}), want))
