/**
 * What tags may be. Keys of users and roles are one without regard to case, those of everything else differ by case.
 * IAM User Guide, "Tags for IAM resources"; recordings native-iam tags.
 */
import type { Tag } from '../../entities/iam.ts'
import { invalidInput, limitExceeded, validationError } from '../../errors/catalogue.ts'
import type { Context } from './names.ts'

/** A tag on the wire. */
export interface WireTag {
  readonly Key: string
  readonly Value: string
}

/** `folded`: `Team` and `team` are one key. */
export type TagCase = 'folded' | 'exact'

const TAGS_MAX = 50

const sameKey = (cases: TagCase) => (left: string, right: string) =>
  cases === 'folded' ? left.toLowerCase() === right.toLowerCase() : left === right

/** Tags given when a thing is made. */
export const newTags = (given: readonly WireTag[] | undefined, cases: TagCase): readonly Tag[] =>
  given === undefined || given.length === 0 ? [] : withTags([], given, cases)

/** The tags after adding some: a key that is there takes the new spelling and value. @throws AwsError as AWS refuses them */
export function withTags(current: readonly Tag[], given: readonly WireTag[], cases: TagCase): readonly Tag[] {
  if (given.length === 0) throw emptyList()
  const added = given.map((tag) => ({ key: tag.Key, value: tag.Value }))
  checkKeys(added, cases)
  const same = sameKey(cases)
  const replaced = current.map((tag) => added.find((other) => same(other.key, tag.key)) ?? tag)
  const fresh = added.filter((tag) => !current.some((other) => same(other.key, tag.key)))
  const tags = [...replaced, ...fresh]
  if (tags.length > TAGS_MAX) throw limitExceeded('The number of tags has reached the maximum limit.')
  return tags
}

/** The tags after removing some; unknown and reserved keys are passed over. */
export function withoutTags(current: readonly Tag[], keys: readonly string[], cases: TagCase): readonly Tag[] {
  // Untag calls of users and roles take an empty list, the others refuse it.
  if (keys.length === 0 && cases === 'exact') throw emptyList()
  const same = sameKey(cases)
  return current.filter((tag) => !keys.some((key) => same(key, tag.key)))
}

function checkKeys(tags: readonly Tag[], cases: TagCase): void {
  const blank = tags.findIndex((tag) => tag.key.trim() === '')
  // Recorded as a ValidationError without its text.
  if (blank !== -1)
    throw validationError(
      `1 validation error detected: Value at 'tags.${blank + 1}.member.key' failed to satisfy constraint: ` +
        'Member must have length greater than or equal to 1',
    )
  if (tags.some((tag) => tag.key.toLowerCase().startsWith('aws:')))
    throw invalidInput('Tag keys beginning with aws: are reserved for system use.')
  const keys = tags.map((tag) => (cases === 'folded' ? tag.key.toLowerCase() : tag.key))
  if (new Set(keys).size < keys.length)
    throw invalidInput(
      cases === 'folded'
        ? 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
        : 'Duplicate tag keys found.',
    )
}

/** The blank at the end is AWS's. */
const emptyList = () => invalidInput('Error occurred while validating input. ')

/** `aws:RequestTag/*` and `aws:TagKeys`; of a key that comes twice the last value counts. No tags, no keys. */
export function requestTagKeys(tags: readonly WireTag[] | undefined): Context {
  if (tags === undefined || tags.length === 0) return {}
  const values = tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value] as const)
  return { ...Object.fromEntries(values), ...tagKeys(tags.map((tag) => tag.Key)) }
}

export const tagKeys = (keys: readonly string[]): Context => (keys.length === 0 ? {} : { 'aws:TagKeys': keys })

export const wireTags = (tags: readonly Tag[]): readonly WireTag[] =>
  tags.map((tag) => ({ Key: tag.key, Value: tag.value }))
