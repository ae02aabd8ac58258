/** The one way to a handler: what is asked when, on which picture, and what is tried again. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Asker } from '../authorization/authorize.ts'
import type { Ask } from '../authorization/question.ts'
import type { Caller } from '../credentials/caller.ts'
import { rootArn } from '../domain/arn.ts'
import { instant, knownAccountId } from '../domain/brands.ts'
import { AwsError } from '../errors/aws-error.ts'
import type { AnyRow, Call, OperationRow } from '../services/operation.ts'
import { PictureMoved, UniqueTaken } from '../store/errors.ts'
import type { Picture, Reader, Store, Writer } from '../store/port.ts'
import { perform } from './perform.ts'
import type { Trace, Work } from './perform.ts'

const HOME = knownAccountId('111122223333')
const AWAY = knownAccountId('444455556666')
const caller: Caller = {
  kind: 'root',
  principal: { kind: 'root', accountId: HOME, arn: rootArn(HOME) },
  account: HOME,
  accessKeyId: 'AKIA',
}
/** Root may do everything at home, and nothing elsewhere. */
const allowed: Ask = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' }
const denied: Ask = { ...allowed, resourceAccount: AWAY }

const pictureOf = (revision: number): Picture => ({
  head: { revision: BigInt(revision), mark: `mark ${revision}` },
  get: async () => undefined,
  list: async () => [],
  find: async () => [],
  findUnique: async () => undefined,
})

interface Stage {
  /** Revisions: of the published picture, of the one that a fresh look finds, and of the writer. */
  readonly current?: number
  readonly fresh?: number
  readonly written?: number
}

function stage({ current = 1, fresh = 1, written = current }: Stage = {}) {
  const log: string[] = []
  const trace: Trace = { questions: [] }
  const writer = {
    ...pictureOf(written),
    movedSince: (head: Picture['head']) => head.revision !== BigInt(written),
  } as Partial<Writer> as Writer
  const store = {
    current: () => pictureOf(current),
    fresh: async () => {
      log.push('look')
      return pictureOf(fresh)
    },
    write: async (accounts: readonly string[], use: (hand: Writer) => Promise<unknown>) => {
      log.push(`lock ${accounts.join(' ')}`)
      return use(writer)
    },
  } as Partial<Store> as Store
  const call = { service: 's3', operation: 'Test', caller, account: HOME, region: 'us-east-1', platform: {} } as Call
  const asker: Asker = { caller, region: 'us-east-1', now: instant(0), secure: false }
  return { log, trace, work: { call, asker, store, trace } satisfies Work }
}

type Row = Partial<OperationRow<unknown, unknown>>

/** A row that says what happens to it; its question depends on the revision it is asked on. */
function row(log: string[], answers: (revision: number) => Ask, more: Row = {}): AnyRow {
  const base = {
    access: 'read',
    ask: (_input: unknown, _call: Call, reader: Reader) => {
      log.push(`ask ${reader.head.revision}`)
      return [answers(Number(reader.head.revision))]
    },
    handle: async (_input: unknown, _call: Call, reader: Reader) => {
      log.push(`handle ${reader.head.revision}`)
      return 'done'
    },
    ...more,
  }
  return base as AnyRow
}

const codeOf = async (running: Promise<unknown>): Promise<string> => {
  try {
    return String(await running)
  } catch (error) {
    if (error instanceof AwsError) return error.code
    throw error
  }
}
const missing = (code: string) => new AwsError(code, 404, 'missing')
/** Fails on one revision. */
const failing =
  (log: string[], error: Error, revision = 1) =>
  async (_input: unknown, _call: Call, reader: Reader) => {
    log.push(`handle ${reader.head.revision}`)
    if (Number(reader.head.revision) === revision) throw error
    return 'done'
  }

interface Case {
  readonly stage?: Stage
  readonly answers?: (revision: number) => Ask
  readonly row?: (log: string[]) => Row
  readonly more?: Partial<Work>
  readonly result: string
  readonly log: string
  readonly revision?: string
}

const yes = () => allowed
const no = () => denied
const writing = (): Row => ({ access: 'write' }) as Row

const cases: readonly (readonly [name: string, given: Case])[] = [
  ['allowed: asked, handled, on one picture', { result: 'done', log: 'ask 1, handle 1', revision: '1' }],
  [
    'a refusal looks once, and stays when nothing has changed',
    { answers: no, result: 'AccessDenied', log: 'ask 1, look' },
  ],
  [
    'a refusal from an old picture is asked again on a fresh one',
    {
      stage: { fresh: 2 },
      answers: (revision) => (revision === 1 ? denied : allowed),
      result: 'done',
      log: 'ask 1, look, ask 2, handle 2',
      revision: '2',
    },
  ],
  [
    'what is refused on the fresh picture too stays refused',
    { stage: { fresh: 2 }, answers: no, result: 'AccessDenied', log: 'ask 1, look, ask 2', revision: '2' },
  ],
  [
    'what is missing may be there by now',
    {
      stage: { fresh: 2 },
      row: (log) => ({ handle: failing(log, missing('NoSuchEntity')) }) as Row,
      result: 'done',
      log: 'ask 1, handle 1, look, ask 2, handle 2',
    },
  ],
  [
    'bad input stays bad',
    {
      stage: { fresh: 2 },
      row: (log) => ({ handle: failing(log, new AwsError('ValidationError', 400, 'bad')) }) as Row,
      result: 'ValidationError',
      log: 'ask 1, handle 1',
    },
  ],
  [
    'a picture that moved starts the request again',
    {
      stage: { fresh: 2 },
      row: (log) => ({ handle: failing(log, new PictureMoved()) }) as Row,
      result: 'done',
      log: 'ask 1, handle 1, look, ask 2, handle 2',
    },
  ],
  [
    'a body that was read is not read again',
    {
      stage: { fresh: 2 },
      row: (log) => ({ handle: failing(log, new AwsError('SignatureDoesNotMatch', 403, 'chunk')) }) as Row,
      more: { bodyTaken: () => true },
      result: 'SignatureDoesNotMatch',
      log: 'ask 1, handle 1',
    },
  ],
  ['a write: asked in front of the lock', { row: writing, result: 'done', log: `ask 1, lock ${HOME}, handle 1` }],
  ['who is refused takes no lock', { answers: no, row: writing, result: 'AccessDenied', log: 'ask 1, look' }],
  [
    'a write asks again when its account moved',
    {
      stage: { written: 3 },
      row: writing,
      result: 'done',
      log: `ask 1, lock ${HOME}, ask 3, handle 3`,
      revision: '3',
    },
  ],
  [
    'what was taken away in between is refused inside the lock',
    {
      stage: { written: 3, fresh: 3 },
      answers: (revision) => (revision === 1 ? allowed : denied),
      row: writing,
      result: 'AccessDenied',
      log: `ask 1, lock ${HOME}, ask 3, look, ask 3`,
      revision: '3',
    },
  ],
  [
    'a write locks the accounts that the row names',
    {
      row: () => ({ access: 'write', accounts: () => [AWAY, HOME] }) as Row,
      result: 'done',
      log: `ask 1, lock ${AWAY} ${HOME}, handle 1`,
    },
  ],
  [
    'who may not list does not learn that a key is missing',
    {
      row: (log) => ({ handle: failing(log, missing('NoSuchKey')), ifMissing: no }) as Row,
      result: 'AccessDenied',
      log: 'ask 1, handle 1, look',
    },
  ],
  [
    'who may list learns it',
    {
      row: (log) => ({ handle: failing(log, missing('NoSuchKey')), ifMissing: yes }) as Row,
      result: 'NoSuchKey',
      log: 'ask 1, handle 1, look',
    },
  ],
  [
    'only keys are hidden so',
    {
      row: (log) => ({ handle: failing(log, missing('NoSuchBucket')), ifMissing: no }) as Row,
      result: 'NoSuchBucket',
      log: 'ask 1, handle 1, look',
    },
  ],
  [
    'a body that is wrong is told to who is allowed',
    { more: { bodyFailure: new AwsError('MalformedXML', 400, 'bad') }, result: 'MalformedXML', log: 'ask 1' },
  ],
  [
    'and to nobody else',
    {
      answers: no,
      more: { bodyFailure: new AwsError('MalformedXML', 400, 'bad') },
      result: 'AccessDenied',
      log: 'ask 1, look',
    },
  ],
]

for (const [name, given] of cases)
  test(name, async () => {
    const { log, trace, work } = stage(given.stage)
    const result = perform(row(log, given.answers ?? yes, given.row?.(log)), {}, { ...work, ...given.more })
    assert.equal(await codeOf(result), given.result)
    assert.equal(log.join(', '), given.log)
    if (given.revision !== undefined) assert.equal(trace.revision, given.revision)
    const kept = trace.questions.map(({ decision }) => decision.effect)
    assert.ok(kept.length <= 2 && (given.result !== 'AccessDenied' || kept.at(-1) === 'Deny'), kept.join(' '))
  })

test('the first question that is denied ends the asking; all must be allowed', async () => {
  const { trace, work, log } = stage()
  const asks = {
    ask: () => [allowed, { ...denied, action: 's3:PutObjectAcl' }, { ...denied, action: 's3:Third' }],
  } as Row
  const error = await perform(row(log, yes, asks), {}, work).catch((caught: unknown) => caught)
  assert.ok(error instanceof AwsError && error.code === 'AccessDenied')
  assert.deepEqual(
    trace.questions.map(({ request }) => request.action),
    ['s3:GetObject', 's3:PutObjectAcl'],
  )
})

test('each part of an answer is asked about by itself', async () => {
  const { work, log } = stage()
  const parts = {
    askEach: async () => [allowed, denied, allowed],
    handle: async (_input: unknown, call: Call) => call.refusals?.map((refusal) => refusal?.code ?? 'ok').join(' '),
  } as Row
  assert.equal(await perform(row(log, yes, parts), {}, work), 'ok AccessDenied ok')
})

test('an id that is taken is made again, three times at most', async () => {
  const { work, log } = stage()
  let tries = 0
  const taken = (until: number) =>
    ({
      access: 'write',
      handle: async () => {
        if (++tries < until) throw new UniqueTaken('access-key', 'id', 'AKIA')
        return `try ${tries}`
      },
    }) as Row
  assert.equal(await perform(row(log, yes, taken(3)), {}, work), 'try 3')
  tries = 0
  await assert.rejects(perform(row(log, yes, taken(4)), {}, work), UniqueTaken)
  assert.equal(tries, 3)
})

test('what is proved is proved once, in front of the questions, however often these are asked', async () => {
  const { work, log } = stage({ fresh: 2 })
  const proving = {
    prove: async () => {
      log.push('prove')
      return { mfaAt: instant(5) }
    },
    handle: async (_input: unknown, call: Call) => call.proof?.mfaAt,
  } as Row
  const asked = row(log, (revision) => (revision === 1 ? denied : allowed), proving)
  assert.equal(await perform(asked, {}, work), 5)
  assert.equal(log.join(', '), 'prove, ask 1, look, ask 2')
})

test('an operation without a question says why', async () => {
  const { work, log, trace } = stage()
  assert.equal(await perform(row(log, yes, { ask: () => ({ noQuestion: 'It is free.' }) } as Row), {}, work), 'done')
  assert.equal(trace.noQuestion, 'It is free.')
})
