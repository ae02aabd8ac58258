/** Runs a handler until its outcome is certain: an answer that rests on rows on their way waits for them. */
import { StoreUnavailable } from './errors.ts'
import type { Waiting } from './overlay.ts'

/** What a run of a handler came to, before the commit. */
export interface Attempt<R> {
  readonly result: { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: unknown }
  /** The handler's own change set; absent when it changed nothing, or threw. */
  readonly own: Waiting | undefined
  /** Writes that it read from. */
  readonly reliesOn: ReadonlySet<Waiting>
}

/** How often a handler runs again because a write that it read from was refused. */
const ATTEMPTS_MAX = 20

/** @param attempt locks, runs the handler and hands in what it collected */
export async function settleWrite<R>(attempt: () => Promise<Attempt<R>>): Promise<R> {
  for (let count = 0; count < ATTEMPTS_MAX; count++) {
    const { result, own, reliesOn } = await attempt()
    const outcomes = await Promise.all([...reliesOn].map((one) => one.outcome))
    const lost = outcomes.find((outcome) => outcome.kind === 'lost')
    if (lost) throw lost.error
    if (outcomes.some((outcome) => outcome.kind === 'refused')) continue
    if (!result.ok) throw result.error
    const outcome = own ? await own.outcome : { kind: 'committed' as const }
    if (outcome.kind === 'committed') return result.value
    if (outcome.error) throw outcome.error
  }
  throw new StoreUnavailable('STORE.FAULT', `The write was refused ${ATTEMPTS_MAX} times because of its neighbours.`)
}
