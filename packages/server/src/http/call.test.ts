/** Authentication from pictures: a refusal is never older than the request, and what is not proved is only noted. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Credentials } from '@understudy/wire'
import type { Authenticated } from '../credentials/authenticate.ts'
import type { SignedCaller } from '../credentials/caller.ts'
import { rootArn } from '../domain/arn.ts'
import { instant, knownAccountId } from '../domain/brands.ts'
import { PictureMoved } from '../store/errors.ts'
import type { Picture, Reader } from '../store/port.ts'
import { askerOf, factsOf, signedWith } from './call.ts'
import type { Note, Visit } from './visit.ts'

const HOME = knownAccountId('111122223333')
const caller: SignedCaller = {
  kind: 'root',
  principal: { kind: 'root', accountId: HOME, arn: rootArn(HOME) },
  account: HOME,
  accessKeyId: 'AKIA',
}
const credentials = {
  version: 'v4',
  form: 'query',
  algorithm: 'AWS4-HMAC-SHA256',
  time: 1000,
} as Partial<Credentials> as Credentials
const good: Authenticated = { ok: true, kind: 'signed', caller, credentials }
const refusal = { ok: false, code: 'X', status: 403, message: 'x', fields: [], diagnosis: 'AUTH.UNKNOWN_KEY' } as const
const bad: Authenticated = { ok: false, refusal, accessKeyId: 'AKIA' }

const pictureOf = (revision: number) => ({ head: { revision: BigInt(revision), mark: `${revision}` } }) as Picture

function stage(fresh: number, headers: Record<string, string> = {}) {
  const log: string[] = []
  const note: Note = { service: 'sts' }
  const visit = {
    note,
    region: 'eu-central-1',
    now: instant(5),
    exchange: {
      requestId: 'r',
      clientIp: '198.51.100.7',
      secure: true,
      wire: { method: 'GET', host: 'h', path: '/', query: '', headers },
    },
    parts: {
      platform: { clock: { wire: () => 3500 } },
      store: {
        current: () => pictureOf(1),
        fresh: async () => {
          log.push('look')
          return pictureOf(fresh)
        },
      },
    },
  } as unknown as Visit
  const from = (answers: (revision: number) => Authenticated) => async (reader: Reader) => {
    log.push(`use ${reader.head.revision}`)
    return answers(Number(reader.head.revision))
  }
  return { log, note, visit, from }
}

const cases: readonly (readonly [
  name: string,
  fresh: number,
  answers: (revision: number) => Authenticated,
  log: string,
  ok: boolean,
])[] = [
  ['who is known is looked up once', 1, () => good, 'use 1', true],
  [
    'who is unknown is looked for again when the store moved',
    2,
    (revision) => (revision === 2 ? good : bad),
    'use 1, look, use 2',
    true,
  ],
  ['and not when it did not', 1, () => bad, 'use 1, look', false],
  ['who stays unknown is refused', 2, () => bad, 'use 1, look, use 2', false],
  [
    'a picture that moves on the way starts again',
    2,
    (revision) => {
      if (revision === 1) throw new PictureMoved()
      return good
    },
    'use 1, look, use 2',
    true,
  ],
]
for (const [name, fresh, answers, want, ok] of cases)
  test(name, async () => {
    const { log, visit, from } = stage(fresh)
    assert.equal((await signedWith(visit, from(answers))).ok, ok)
    assert.equal(log.join(', '), want)
  })

test('what the journal learns of a caller', async () => {
  const notes: readonly (readonly [given: Authenticated, want: Partial<Note>])[] = [
    [good, { accessKeyId: 'AKIA', principal: rootArn(HOME), account: HOME }],
    [{ ok: true, kind: 'anonymous' }, { principal: 'anonymous' }],
    [bad, { accessKeyId: 'AKIA' }],
    [{ ok: false, refusal }, {}],
    [
      { ...bad, claimed: caller },
      { accessKeyId: 'AKIA', principal: rootArn(HOME), account: HOME, claimed: true },
    ],
  ]
  for (const [given, want] of notes) {
    const { visit, note, from } = stage(1)
    await signedWith(
      visit,
      from(() => given),
    )
    assert.deepEqual(note, { service: 'sts', ...want })
  }
})

test('what questions and operations are told of the request', () => {
  const headers = {
    'user-agent': 'aws-cli',
    referer: 'https://a.example/',
    'x-amz-content-sha256': 'abc',
    'x-amz-trailer': 'x-amz-checksum-crc32',
  }
  const { visit } = stage(1, headers)
  assert.deepEqual(askerOf(visit, caller), {
    caller,
    region: 'eu-central-1',
    now: 5,
    clientIp: '198.51.100.7',
    secure: true,
    userAgent: 'aws-cli',
    referer: 'https://a.example/',
  })
  const common = { requestId: 'r', clientIp: '198.51.100.7', secure: true, host: 'h' }
  assert.deepEqual(factsOf(visit, credentials), {
    ...common,
    userAgent: 'aws-cli',
    referer: 'https://a.example/',
    authType: 'REST-QUERY-STRING',
    signatureVersion: 'AWS4-HMAC-SHA256',
    signatureAgeMilliseconds: 2500,
    contentSha256: 'abc',
    trailer: 'x-amz-checksum-crc32',
  })
  assert.deepEqual(factsOf(stage(1).visit, undefined), { ...common, userAgent: '' })
})
