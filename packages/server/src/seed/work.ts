/** What the parts of an application share: the hand that writes, the steps so far, and how trouble is told. */
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Chance } from '../domain/chance.ts'
import type { Clock } from '../domain/clock.ts'
import { newSecretAccessKey, newUniqueId } from '../domain/identifiers.ts'
import type { UniqueIdPrefix } from '../domain/identifiers.ts'
import type { Blobs } from '../blobs/port.ts'
import type { Vault } from '../credentials/vault.ts'
import type { Tag } from '../entities/iam.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import type { ObjectStore, Writer } from '../store/port.ts'
import type { NewKey, PlanStep } from './plan.ts'
import { planStep } from './plan.ts'
import { SeedRefused } from './types.ts'
import type { TagsSeed } from './types.ts'

/** What applying a seed needs beyond the store. */
export interface SeedParts {
  readonly vault: Vault
  readonly chance: Chance
  readonly clock: Clock
  readonly catalogue: ManagedPolicyCatalogue
  readonly objects: ObjectStore
  readonly blobs: Blobs
}

/** The work on one account. */
export interface Work {
  readonly store: Writer
  readonly parts: SeedParts
  readonly account: AccountId
  /** Session time, whole seconds, as IAM keeps times. */
  readonly now: Instant
  readonly record: (step: Omit<PlanStep, 'text' | 'account'>) => void
  readonly addKey: (key: NewKey) => void
}

/** Steps and keys of a whole application. */
export interface Log {
  readonly steps: PlanStep[]
  readonly newKeys: NewKey[]
}

export function workOn(account: AccountId, log: Log, base: Pick<Work, 'store' | 'parts' | 'now'>): Work {
  return {
    ...base,
    account,
    record: (step) => log.steps.push(planStep({ ...step, account })),
    addKey: (key) => log.newKeys.push(key),
  }
}

/** Ends the application: nothing of it is written. @param line where the seed says it; 0 for nowhere */
export function refuse(line: number, path: string, text: string): never {
  throw new SeedRefused([{ line, path, text }])
}

export const newId = (work: Work, prefix: UniqueIdPrefix): string =>
  newUniqueId(prefix, work.account, work.parts.chance)

export const newSecret = (work: Work): string => newSecretAccessKey(work.parts.chance)

/** Tags after the seed's were added: a key that is there takes the new value, others stay. */
export function withTags(current: readonly Tag[], wanted: TagsSeed | undefined, fold = true): readonly Tag[] {
  if (wanted === undefined) return current
  const same = (left: string, right: string) => (fold ? left.toLowerCase() === right.toLowerCase() : left === right)
  const entries = Object.entries(wanted)
  const kept = current.map((tag) => {
    const found = entries.find(([key]) => same(key, tag.key))
    return found === undefined ? tag : { key: found[0], value: found[1] }
  })
  const fresh = entries.filter(([key]) => !current.some((tag) => same(key, tag.key)))
  return [...kept, ...fresh.map(([key, value]) => ({ key, value }))]
}

/** `tag team=blue`: how a plan tells which tags differ. */
export function tagChanges(before: readonly Tag[], after: readonly Tag[]): readonly string[] {
  const had = new Map(before.map((tag) => [tag.key, tag.value]))
  return after.filter((tag) => had.get(tag.key) !== tag.value).map((tag) => `tag ${tag.key}=${tag.value}`)
}

/** Values after those of the seed were added; nothing goes. */
export const united = (current: readonly string[], wanted: readonly string[]): readonly string[] => [
  ...current,
  ...wanted.filter((value) => !current.includes(value)),
]

/** An object without the members that are undefined: absent members are absent. */
export function defined<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
