// Which service and Region a request is for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dispatch } from './dispatch.ts'
import type { DispatchRequest } from './dispatch.ts'
import { parseHost, partitionOf } from './host.ts'

const hosts: readonly [host: string, want: string][] = [
  ['sts.amazonaws.com', 'sts us-east-1 aws global'],
  ['sts.eu-west-1.amazonaws.com:443', 'sts eu-west-1 aws'],
  ['STS.EU-WEST-1.AMAZONAWS.COM.', 'sts eu-west-1 aws'],
  ['sts-fips.us-east-1.amazonaws.com', 'sts us-east-1 aws'],
  ['sts.cn-north-1.amazonaws.com.cn', 'sts cn-north-1 aws-cn'],
  ['sts.us-gov-west-1.amazonaws.com', 'sts us-gov-west-1 aws-us-gov'],
  ['sts.eu-west-1.api.aws', 'sts eu-west-1 aws'],
  ['iam.amazonaws.com', 'iam us-east-1 aws global'],
  ['iam.us-gov.amazonaws.com', 'iam us-gov-west-1 aws-us-gov global'],
  ['iam.cn-north-1.amazonaws.com.cn', 'iam cn-north-1 aws-cn'],
  ['iam.global.api.aws', 'iam us-east-1 aws global'],
  ['s3.amazonaws.com', 's3 us-east-1 aws global'],
  ['s3-eu-west-1.amazonaws.com', 's3 eu-west-1 aws'],
  ['b.s3-eu-west-1.amazonaws.com', 's3 eu-west-1 aws b'],
  ['b.s3.us-gov-west-1.amazonaws.com', 's3 us-gov-west-1 aws-us-gov b'],
  ['b.s3.eusc-de-east-1.amazonaws.eu', 's3 eusc-de-east-1 aws-eusc b'],
  ['b.s3.us-iso-east-1.c2s.ic.gov', 's3 us-iso-east-1 aws-iso b'],
  ['123456789012.s3-control.eu-west-1.amazonaws.com', 's3-control eu-west-1 aws'],
  ['sqs.eu-west-1.amazonaws.com', 'sqs eu-west-1 aws'],
  ['evilamazonaws.com', '-'],
  ['sts.amazonaws.com.evil.test', '-'],
  ['127.0.0.1:4566', '-'],
  ['[::1]:4566', '-'],
  ['', '-'],
]
for (const [host, want] of hosts)
  test(`host ${host}`, () => {
    const { service, region, partition, global, bucket } = parseHost(host, ['localhost'])
    const words = [service, region, partition, global ? 'global' : undefined, bucket].filter(
      (word) => word !== undefined,
    )
    assert.equal(words.join(' ') || '-', want)
  })

test('partitions', () => {
  const regions = [
    'eu-west-1',
    'cn-north-1',
    'us-gov-east-1',
    'us-iso-east-1',
    'us-isob-east-1',
    'eu-isoe-west-1',
    'eusc-de-east-1',
  ]
  assert.deepEqual(regions.map(partitionOf), [
    'aws',
    'aws-cn',
    'aws-us-gov',
    'aws-iso',
    'aws-iso-b',
    'aws-iso-e',
    'aws-eusc',
  ])
})

const base: DispatchRequest = {
  method: 'POST',
  host: '127.0.0.1:4566',
  path: '/',
  query: '',
  headers: {},
  signingScope: undefined,
  form: undefined,
  baseHosts: ['localhost'],
  jsonPaths: new Map([['/v1/token', 'signin']]),
}
const scope = (service: string, region = 'eu-central-1') => ({ service, region })
const STS_FORM = 'Action=AssumeRoleWithWebIdentity&Version=2011-06-15'
const get = { method: 'GET' } as const

const requests: readonly [name: string, request: Partial<DispatchRequest>, want: string][] = [
  [
    'scope of sts',
    { signingScope: scope('sts'), form: 'Action=GetCallerIdentity&Version=2011-06-15' },
    'sts eu-central-1',
  ],
  ['scope of iam', { signingScope: scope('iam', 'aws-global'), form: 'Action=GetUser' }, 'iam us-east-1'],
  ['scope of s3', { ...get, signingScope: scope('s3') }, 's3 eu-central-1'],
  ['another service', { signingScope: scope('sqs') }, 'sqs eu-central-1'],
  [
    'the host wins over the scope',
    { host: 'sts.eu-west-1.amazonaws.com', signingScope: scope('s3'), form: 'Action=X' },
    'sts eu-west-1',
  ],
  [
    'an AWS host names the Region',
    { host: 'b.s3.eu-west-1.amazonaws.com', ...get, signingScope: scope('s3') },
    's3 eu-west-1',
  ],
  ['no Action under an sts scope', { ...get, signingScope: scope('sts') }, 'redirect https://aws.amazon.com/iam'],
  ['no Action on an iam host', { ...get, host: 'iam.amazonaws.com' }, 'redirect https://aws.amazon.com/iam'],
  [
    'a body that is no form on an sts host',
    { host: 'sts.amazonaws.com', headers: { 'content-type': 'application/json' } },
    'redirect https://aws.amazon.com/iam',
  ],
  ['no Action on a bare address', { ...get }, 's3 us-east-1'],
  [
    'presigned',
    { ...get, query: 'Action=GetCallerIdentity&Version=2011-06-15', signingScope: scope('sts') },
    'sts eu-central-1',
  ],
  ['unsigned form', { form: STS_FORM }, 'sts us-east-1'],
  ['unsigned form of IAM', { form: 'Action=X&Version=2010-05-08' }, 'iam us-east-1'],
  ['unsigned form of no known version', { form: 'Action=X&Version=1' }, 'sts us-east-1'],
  ['unsigned form without Version', { form: 'Action=X' }, 's3 us-east-1'],
  ['unsigned query', { ...get, query: STS_FORM }, 'sts us-east-1'],
  ['the same query on an object', { ...get, path: '/b/k', query: STS_FORM }, 's3 us-east-1'],
  ['portal token', { ...get, headers: { 'x-amz-sso_bearer_token': 't' } }, 'portal.sso us-east-1'],
  ['JSON on a known path', { path: '/v1/token', headers: { 'content-type': 'application/json' } }, 'signin us-east-1'],
  ['JSON elsewhere', { path: '/v1/other', headers: { 'content-type': 'application/json' } }, 's3 us-east-1'],
  ['known path, no JSON', { path: '/v1/token' }, 's3 us-east-1'],
]
for (const [name, request, want] of requests)
  test(name, () => {
    const got = dispatch({ ...base, ...request })
    assert.equal(got.kind === 'redirect' ? `redirect ${got.location}` : `${got.service} ${got.region}`, want)
  })
