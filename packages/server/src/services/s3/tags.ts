/** Tags of buckets and objects: reading them from headers and sets, and their rules. S3 User Guide, "Object tags". */
import type { S3 } from '@understudy/wire'
import { invalidArgument, invalidTag } from './errors.ts'
import { AwsError } from '../../errors/aws-error.ts'

export interface S3Tag {
  readonly key: string
  readonly value: string
}

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const OBJECT_TAGS_MAX = 10
const BUCKET_TAGS_MAX = 50

const tooMany = (max: number, what: string) =>
  new AwsError('BadRequest', 400, `${what} cannot be greater than ${max}`, { diagnosis: 'REQUEST.INVALID' })

/** @throws `InvalidTag`, `BadRequest` */
export function objectTags(set: readonly S3.Tag[]): readonly S3Tag[] {
  if (set.length > OBJECT_TAGS_MAX) throw tooMany(OBJECT_TAGS_MAX, 'Object tags')
  return checked(set.map((tag) => ({ key: tag.Key, value: tag.Value })))
}

/** @throws `InvalidTag`, `BadRequest` */
export function bucketTags(set: readonly S3.Tag[]): readonly S3Tag[] {
  if (set.length > BUCKET_TAGS_MAX) throw tooMany(BUCKET_TAGS_MAX, 'Bucket tag count')
  const tags = checked(set.map((tag) => ({ key: tag.Key, value: tag.Value })))
  const reserved = tags.find((tag) => tag.key.startsWith('aws:'))
  if (reserved) throw invalidTag('System tags cannot be added/updated by requester', { TagKey: reserved.key })
  return tags
}

/**
 * Reads `x-amz-tagging`, a query string: `a=b&c=d`.
 * @throws `InvalidArgument`, `InvalidTag`, `BadRequest`
 */
export function tagsOfHeader(header: string | undefined): readonly S3Tag[] {
  if (header === undefined || header === '') return []
  const pairs = header.split('&').map((pair) => pair.split('='))
  const malformed = () =>
    invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      header,
    )
  if (pairs.some(([key, , more]) => !key || more !== undefined)) throw malformed()
  const set = pairs.map(([key = '', value = '']) => ({
    Key: decodedOr(key, malformed),
    Value: decodedOr(value, malformed),
  }))
  if (new Set(set.map((tag) => tag.Key)).size !== set.length) throw malformed()
  return objectTags(set)
}

/** The form in which a tag set travels in answers. */
export const tagSet = (tags: readonly S3Tag[] | undefined): readonly S3.Tag[] =>
  (tags ?? []).map((tag) => ({ Key: tag.key, Value: tag.value }))

function checked(tags: readonly S3Tag[]): readonly S3Tag[] {
  const seen = new Set<string>()
  for (const { key, value } of tags) {
    if (seen.has(key)) throw invalidTag('Cannot provide multiple Tags with the same key', { TagKey: key })
    seen.add(key)
    if (key.length === 0 || key.length > 128 || !ALLOWED.test(key))
      throw invalidTag('The TagKey you have provided is invalid', { TagKey: key })
    if (value.length > 256 || !ALLOWED.test(value))
      throw invalidTag('The TagValue you have provided is invalid', { TagKey: key, TagValue: value })
  }
  return tags
}

function decodedOr(text: string, malformed: () => AwsError): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed()
  }
}
