/**
 * From a validated input to an output: asks, authorizes, handles. There is no second way to a handler. The question is asked
 * before a write begins, so a refused caller never takes a lock; a refusal is never older than the request.
 */
import { judge } from '../authorization/authorize.ts'
import type { Asker } from '../authorization/authorize.ts'
import type { JudgedQuestion } from '../authorization/journal.ts'
import type { Ask, Asks } from '../authorization/question.ts'
import { AwsError } from '../errors/aws-error.ts'
import type { AnyRow, Call, OperationRow } from '../services/operation.ts'
import { UniqueTaken } from '../store/errors.ts'
import { onPicture } from '../store/restart.ts'
import type { Picture, Reader, Store, Writer } from '../store/port.ts'
import { refusalOf } from './refusal.ts'

/** What the journal learns while a call is performed. */
export interface Trace {
  questions: JudgedQuestion[]
  noQuestion?: string
  revision?: string
}

type UnknownRow = OperationRow<unknown, unknown>

export interface Work {
  readonly call: Call
  readonly asker: Asker
  readonly store: Store
  readonly trace: Trace
  /** What is wrong with the body: told to those only who may do the operation. */
  readonly bodyFailure?: AwsError | undefined
  /** Whether the handler has begun to read the body, which comes once: then nothing is tried again. */
  readonly bodyTaken?: () => boolean
}

/** @throws AwsError for everything that the caller is told; other errors are our own faults */
export async function perform(row: AnyRow, input: unknown, work: Work): Promise<unknown> {
  const known = row as unknown as UnknownRow
  const proving = known.prove?.(input, work.call, work.store)
  const proof = proving instanceof Promise ? await proving : proving
  const ready = proof === undefined ? work : { ...work, call: { ...work.call, proof } }
  for (let tries = 1; ; tries++) {
    try {
      return await performOnce(known, input, ready)
    } catch (error) {
      // A random id that belongs to somebody already: the handler makes another one.
      if (!(error instanceof UniqueTaken) || tries === UNIQUE_TRIES) throw error
      work.trace.questions = []
    }
  }
}

const UNIQUE_TRIES = 3

async function performOnce(known: UnknownRow, input: unknown, work: Work): Promise<unknown> {
  const { store } = work
  const first = store.current()
  const attempted = (picture: Picture): Promise<unknown> => {
    work.trace.questions = []
    return attempt(known, input, { ...work, picture })
  }
  try {
    return await onPicture(store, attempted, first)
  } catch (error) {
    if (!mayBeStale(error) || work.bodyTaken?.() === true) throw error
    const picture = await store.fresh()
    if (picture.head.mark === first.head.mark) throw error
    return onPicture(store, attempted, picture)
  }
}

/** Refusals and missing entities may come from a picture that is too old; success and bad input may not. */
const mayBeStale = (error: unknown): boolean =>
  error instanceof AwsError && (error.status === 403 || error.status === 404 || error.code === 'InvalidIdentityToken')

interface Attempt extends Work {
  readonly picture: Picture
}

async function attempt(row: UnknownRow, input: unknown, at: Attempt): Promise<unknown> {
  at.trace.revision = String(at.picture.head.revision)
  await authorized(await row.ask(input, at.call, at.picture), at.picture, at)
  if (at.bodyFailure) throw at.bodyFailure
  if (row.access === 'read') {
    const call = row.askEach ? await withEach(row, input, at.picture, at) : at.call
    if (!row.ifMissing) return row.handle(input, call, at.picture)
    return hidingMissing(row, input, at, at.picture, () => row.handle(input, call, at.picture))
  }
  const accounts = row.accounts ? await row.accounts(input, at.call, at.picture) : [at.call.account]
  return at.store.write(accounts, async (writer) => {
    if (writer.movedSince(at.picture.head)) {
      at.trace.questions = []
      at.trace.revision = String(writer.head.revision)
      await authorized(await row.ask(input, at.call, writer), writer, at)
    }
    const call = await withEach(row, input, writer, at)
    return hidingMissing(row, input, at, writer, () => handleWrite(row, input, call, writer))
  })
}

const handleWrite = (row: Extract<UnknownRow, { access: 'write' }>, input: unknown, call: Call, writer: Writer) =>
  row.handle(input, call, writer)

/** @throws AwsError for the first question that is denied */
async function authorized(asks: Asks, reader: Reader, at: Attempt): Promise<void> {
  if ('noQuestion' in asks) {
    at.trace.noQuestion = asks.noQuestion
    return
  }
  for (const ask of asks) {
    const refusal = refused(ask, await judge(ask, at.asker, reader, at.call.platform.catalogue), at)
    if (refusal) throw refusal
  }
}

function refused(ask: Ask, judged: JudgedQuestion, at: Attempt): AwsError | undefined {
  at.trace.questions.push(judged)
  return judged.decision.effect === 'Deny' ? refusalOf(ask, judged, at.call) : undefined
}

const answer = async (ask: Ask, reader: Reader, at: Attempt): Promise<AwsError | undefined> =>
  refused(ask, await judge(ask, at.asker, reader, at.call.platform.catalogue), at)

async function withEach(row: UnknownRow, input: unknown, reader: Reader, at: Attempt): Promise<Call> {
  if (!row.askEach) return at.call
  const refusals: (AwsError | undefined)[] = []
  for (const ask of await row.askEach(input, at.call, reader)) refusals.push(await answer(ask, reader, at))
  return { ...at.call, refusals }
}

/** Who may not list must not learn that a key is missing. */
async function hidingMissing(
  row: UnknownRow,
  input: unknown,
  at: Attempt,
  reader: Reader,
  handle: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await handle()
  } catch (error) {
    if (!row.ifMissing || !(error instanceof AwsError) || !MISSING.has(error.code)) throw error
    const refusal = await answer(await row.ifMissing(input, at.call, reader), reader, at)
    throw refusal ?? error
  }
}

const MISSING: ReadonlySet<string> = new Set(['NoSuchKey', 'NotFound', 'NoSuchVersion'])
