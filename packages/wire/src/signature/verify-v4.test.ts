import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_HASH, sha256Hex, signingKey } from './hash.ts'
import { readCredentials } from './credentials.ts'
import type { SignedRequest, V4Credentials } from './types.ts'
import { verifyV4 } from './verify-v4.ts'

/** Published values of the version 4 test suite: key id, secret and scope are the same in every case. */
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const SCOPE = '20150830/us-east-1/service/aws4_request'
const DATE = '20150830T123600Z'
type Headers = readonly (readonly [string, string])[]

const suite: readonly [name: string, line: string, headers: Headers, signature: string, body?: string][] = [
  ['get-vanilla', 'GET /', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-vanilla-query', 'GET /', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-empty-query-key',
    'GET /?Param1=value1',
    [],
    'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  ],
  [
    'get-vanilla-query-order-key-case',
    'GET /?Param2=value2&Param1=value1',
    [],
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-key',
    'GET /?Param1=value2&Param1=Value1',
    [],
    'eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1',
  ],
  [
    'get-vanilla-query-order-value',
    'GET /?Param1=value2&Param1=value1',
    [],
    '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  ],
  [
    'get-vanilla-query-unreserved',
    'GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    [],
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  ['get-vanilla-utf8-query', 'GET /?ሴ=bar', [], '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
  ['get-utf8', 'GET /ሴ', [], '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  ['get-space', 'GET /example space/', [], '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'],
  [
    'get-unreserved',
    'GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    [],
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  ['get-slash', 'GET //', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-slashes', 'GET //example//', [], '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'],
  ['get-slash-dot-slash', 'GET /./', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-slash-pointless-dot', 'GET /./example', [], 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5'],
  ['get-relative', 'GET /example/..', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-relative-relative',
    'GET /example1/example2/../..',
    [],
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-header-key-duplicate',
    'GET /',
    [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'get-header-value-order',
    'GET /',
    [
      ['My-Header1', 'value4'],
      ['My-Header1', 'value1'],
      ['My-Header1', 'value3'],
      ['My-Header1', 'value2'],
    ],
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'get-header-value-trim',
    'GET /',
    [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  // A folded line counts as a further value; HTTP parsers of today refuse folding itself.
  [
    'get-header-value-multiline',
    'GET /',
    [
      ['My-Header1', 'value1'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value3'],
    ],
    'ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790',
  ],
  ['post-vanilla', 'POST /', [], '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-vanilla-query',
    'POST /?Param1=value1',
    [],
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  ],
  ['post-header-key-case', 'POST /', [], '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-header-key-sort',
    'POST /',
    [['My-Header1', 'value1']],
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-header-value-case',
    'POST /',
    [['My-Header1', 'VALUE1']],
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  ],
  [
    'post-x-www-form-urlencoded',
    'POST /',
    [['Content-Type', 'application/x-www-form-urlencoded']],
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    'Param1=value1',
  ],
  [
    'post-x-www-form-urlencoded-parameters',
    'POST /',
    [['Content-Type', 'application/x-www-form-urlencoded; charset=utf8']],
    '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
    'Param1=value1',
  ],
]

function request(line: string, headers: Headers, signature: string): SignedRequest {
  const [method, target] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
  const at = target.indexOf('?')
  const all: Headers = [['Host', 'example.amazonaws.com'], ...headers, ['X-Amz-Date', DATE]]
  const names = [...new Set(all.map(([name]) => name.toLowerCase()))].sort().join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=${names}, Signature=${signature}`
  return {
    method,
    rawPath: at < 0 ? target : target.slice(0, at),
    rawQuery: at < 0 ? '' : target.slice(at + 1),
    headers: [...all, ['Authorization', authorization]],
  }
}

function v4(signed: SignedRequest): V4Credentials {
  const read = readCredentials(signed, 'sts')
  assert.ok(read.ok && read.kind === 'signed' && read.credentials.version !== 'v2', JSON.stringify(read))
  return read.credentials
}

for (const [name, line, headers, signature, body = ''] of suite) {
  test(`the published test suite: ${name}`, () => {
    const signed = request(line, headers, signature)
    const payloadHash = sha256Hex(body)
    const verified = verifyV4({ request: signed, credentials: v4(signed), key: SECRET, payloadHash, explain: false })
    assert.ok(verified.ok, verified.ok ? '' : verified.canonicalRequest)
    const key = signingKey(SECRET, '20150830', 'us-east-1', 'service')
    assert.ok(verifyV4({ request: signed, credentials: v4(signed), key, payloadHash }).ok, 'with a cached key')
    const other = { ...signed, method: 'PATCH' }
    const refused = verifyV4({ request: other, credentials: v4(other), key, payloadHash })
    assert.ok(!refused.ok)
    assert.equal(refused.code, 'SignatureDoesNotMatch')
    assert.equal(refused.hint.explains?.name, `method ${signed.method}`)
  })
}
assert.equal(sha256Hex(''), EMPTY_HASH)
