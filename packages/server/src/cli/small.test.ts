/** Small parts of the command line: durations, profiles, quoting, tables, and what a shell's variables mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elementText } from './aws-call.ts'
import { parseCredentialsFile } from './credentials-profiles.ts'
import { credentialChain, endpointCheck } from './doctor-environment.ts'
import { durationMilliseconds, durationText } from './duration.ts'
import { shellQuoted } from './env.ts'
import { shown } from './answer.ts'
import { table } from './table.ts'
import { legible, styled } from './terminal.ts'

for (const [text, milliseconds] of [
  ['90s', 90_000],
  ['55m', 3_300_000],
  ['7h', 25_200_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['0s', 0],
  ['2d', 172_800_000],
] as const)
  test(`${text} is ${milliseconds} ms`, () => assert.equal(durationMilliseconds(text), milliseconds))

for (const text of ['', '5', 'm', '-5m', '5M', '1.5h', '5m ', '9999999999999999d'])
  test(`\`${text}\` is no duration`, () => assert.throws(() => durationMilliseconds(text), /not a duration|too long/))

test('what others have written does not steer the terminal', () => {
  const styles = (['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const).map((style) =>
    styled({ colour: true }, style, style),
  )
  assert.equal(legible(styles.join('\n\t')), styles.join('\n\t'))
  assert.equal(legible('a\u001b[2Jb\u009b8mc\rd\u007f'), 'a\\u001b[2Jb\\u009b8mc\\u000dd\\u007f')
  const value = { key: 'a\u0000\u0085\u009bé' }
  assert.deepEqual(JSON.parse(legible(JSON.stringify(value))), value)
  assert.equal(shown({ workflow: 'a\nAccepted\r' }, 'workflow'), 'a\\u000aAccepted\\u000d')
})

test('durations are shown as they are written', () => {
  assert.deepEqual([0, 61_000, 5_400_000, 90_000_000].map(durationText), ['0s', '1m1s', '1h30m', '1d1h'])
})

test('profiles are read as SDKs read them', () => {
  const profiles = parseCredentialsFile(
    '# comment\n[default]\naws_access_key_id = A\naws_secret_access_key=s/=+\n\n[profile two]\r\naws_access_key_id=B\r\naws_secret_access_key=t\r\n[half]\naws_access_key_id=C\n',
  )
  assert.deepEqual(
    [...profiles],
    [
      ['default', { accessKeyId: 'A', secretAccessKey: 's/=+' }],
      ['two', { accessKeyId: 'B', secretAccessKey: 't' }],
    ],
  )
})

for (const [value, quoted] of [
  ['abc/+=', 'abc/+='],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$(rm -rf)', "'$(rm -rf)'"],
  ['', "''"],
] as const)
  test(`a shell reads ${quoted} back`, () => assert.equal(shellQuoted(value), quoted))

test('columns are as wide as their widest cell', () => {
  assert.equal(
    table(
      ['a', 'b'],
      [
        ['long', 'x'],
        ['', 'yy'],
      ],
    ),
    'A     B\nlong  x\n      yy',
  )
})

test('elements are read with their entities', () => {
  assert.equal(elementText('<A><Message>&lt;a&gt; &amp;amp; &quot;</Message></A>', 'Message'), '<a> &amp; "')
})

const SERVER = 'http://127.0.0.1:4566'
for (const [name, environment, wanted] of [
  ['nothing set', {}, [false, false, false]],
  ['the common variable', { AWS_ENDPOINT_URL: SERVER }, [true, true, true]],
  ['localhost is the same', { AWS_ENDPOINT_URL: 'http://localhost:4566/' }, [true, true, true]],
  [
    'a service goes elsewhere',
    { AWS_ENDPOINT_URL: SERVER, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' },
    [true, true, false],
  ],
  ['no address', { AWS_ENDPOINT_URL: '127.0.0.1' }, [false, false, false]],
  ['switched off', { AWS_ENDPOINT_URL: SERVER, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, [false]],
] as const)
  test(`where calls go: ${name}`, () => {
    assert.deepEqual(
      endpointCheck(environment, SERVER).map((finding) => finding.ok),
      wanted,
    )
  })

for (const [name, environment, says] of [
  [
    'variables first',
    { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 's', AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: 'f' },
    /^environment variables \(key A\)/,
  ],
  [
    'half a key is none',
    { AWS_ACCESS_KEY_ID: 'A', AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: 'f' },
    /^web identity token/,
  ],
  [
    'a container',
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' },
    /^container endpoint \(http:\/\/169\.254\.170\.2\/x\)/,
  ],
  ['the machine last', {}, /^instance metadata/],
  ['nothing at all', { AWS_EC2_METADATA_DISABLED: 'true' }, /^none/],
] as const)
  test(`whose keys: ${name}`, () => {
    assert.match(credentialChain(environment, '/nowhere')[0]?.text ?? '', says)
  })
