/**
 * CPU cost of signatures in microseconds a call, best of nine loops. Run: `node tools/run.js tools/bench/signature.ts`.
 * Budget: a verification with a cached key about 7.
 */
import {
  checkScope,
  checkSignedHeaders,
  checkTime,
  presignV4,
  publicKeyV4a,
  readCredentials,
  readPayloadHash,
  sha256Hex,
  signV4,
  signingKey,
  verifyV4,
} from '@understudy/wire'
import type { SignedRequest, V4Credentials } from '@understudy/wire'

const NOW = Date.UTC(2026, 2, 1, 12)
const LOOPS = 9
const CALLS = 5000

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const signer = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey, region: 'us-east-1' }
const body = 'Action=GetCallerIdentity&Version=2011-06-15'
const bodyHash = sha256Hex(body)
const post: SignedRequest = {
  method: 'POST',
  rawPath: '/',
  rawQuery: '',
  headers: [
    ['host', '127.0.0.1:4566'],
    ['content-type', 'application/x-www-form-urlencoded'],
    ['content-length', String(body.length)],
    ['x-amz-user-agent', 'aws-sdk-js/3.1174.0'],
    ['amz-sdk-invocation-id', 'a1b2c3d4-0000-4000-8000-000000000000'],
    ['amz-sdk-request', 'attempt=1; max=3'],
  ],
}
const sts = signV4({ request: post, signer: { ...signer, service: 'sts' }, now: NOW, body })
const get: SignedRequest = {
  method: 'GET',
  rawPath: '/bucket/a%20key',
  rawQuery: '',
  headers: [['host', '127.0.0.1:4566']],
}
const sessionToken = 'FwoGZXIvYXdzE'.padEnd(700, 'a/+=')
const url = presignV4({
  request: get,
  signer: { ...signer, sessionToken, service: 's3' },
  now: NOW,
  expiresSeconds: 60,
})

function credentialsOf(request: SignedRequest, dialect: 'sts' | 's3'): V4Credentials {
  const read = readCredentials(request, dialect)
  if (!read.ok || read.kind === 'none' || read.credentials.version === 'v2') throw new Error('not signed')
  return read.credentials
}

/** Best time of a call; `run` says whether it did what it should, so that no failure is measured as speed. */
function measure(name: string, run: () => boolean, calls: number = CALLS): void {
  let best = Number.POSITIVE_INFINITY
  for (let loop = 0; loop < LOOPS; loop++) {
    const start = process.cpuUsage()
    for (let call = 0; call < calls; call++) if (!run()) throw new Error(`${name} failed`)
    const spent = process.cpuUsage(start)
    best = Math.min(best, (spent.user + spent.system) / calls)
  }
  process.stdout.write(`${best.toFixed(2).padStart(8)} µs  ${name}\n`)
}

const stsCredentials = credentialsOf(sts, 'sts')
const stsKey = signingKey(secretAccessKey, '20260301', 'us-east-1', 'sts')
const urlCredentials = credentialsOf(url, 's3')
const urlKey = signingKey(secretAccessKey, '20260301', 'us-east-1', 's3')
const stsInput = { request: sts, credentials: stsCredentials, payloadHash: bodyHash, explain: false } as const
const urlInput = { request: url, credentials: urlCredentials, payloadHash: 'UNSIGNED-PAYLOAD' } as const
const wrong = { ...stsCredentials, signature: '0'.repeat(64) }

measure('hash the body (43 bytes)', () => sha256Hex(body) === bodyHash)
measure('derive a signing key', () => signingKey(secretAccessKey, '20260301', 'us-east-1', 'sts').inner.length === 64)
measure('verify, key cached', () => verifyV4({ ...stsInput, key: stsKey }).ok)
measure('verify, key derived', () => verifyV4({ ...stsInput, key: secretAccessKey }).ok)
measure('verify a presigned URL with a 700-byte token, key cached', () => verifyV4({ ...urlInput, key: urlKey }).ok)
measure('read the Authorization header', () => readCredentials(sts, 'sts').ok)
measure('everything for STS: read, scope, hash, verify, headers, time; key cached', () => {
  const credentials = credentialsOf(sts, 'sts')
  return (
    checkScope({ credentials, dialect: 'sts', service: 'sts' }).ok &&
    verifyV4({ request: sts, credentials, key: stsKey, payloadHash: sha256Hex(body) }).ok &&
    checkSignedHeaders({ request: sts, credentials, dialect: 'sts' }).ok &&
    checkTime({ credentials, dialect: 'sts', now: NOW }).ok
  )
})
measure('everything for a presigned S3 URL; key cached', () => {
  const credentials = credentialsOf(url, 's3')
  const declared = readPayloadHash(url, credentials)
  return (
    declared.ok &&
    checkScope({ credentials, dialect: 's3', service: 's3' }).ok &&
    verifyV4({ request: url, credentials, key: urlKey, payloadHash: declared.value }).ok &&
    checkSignedHeaders({ request: url, credentials, dialect: 's3' }).ok &&
    checkTime({ credentials, dialect: 's3', now: NOW }).ok
  )
})
measure('refuse without a hint', () => !verifyV4({ ...stsInput, credentials: wrong, key: stsKey }).ok)
const explained = { ...stsInput, credentials: wrong, key: stsKey, explain: true, secretAccessKey }
measure('refuse with a hint', () => !verifyV4(explained).ok, 200)
measure('derive a version 4A public key', () => publicKeyV4a(secretAccessKey, 'AKIA').type === 'public', 200)
