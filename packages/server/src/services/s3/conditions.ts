/** Conditional requests. RFC 9110, section 13, in the order of precedence that S3's GetObject page gives. */
import { notModified, preconditionFailed } from './errors.ts'

/** What the conditions are held against. */
export interface Validators {
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: Date
}

interface Conditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
  readonly IfModifiedSince?: Date | undefined
  readonly IfUnmodifiedSince?: Date | undefined
}

/** Whether a list of entity tags names this one; `*` names every one. */
export function namesEtag(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((item) => item.trim())
    .some((item) => item === '*' || item.replace(/^W\//, '').replaceAll('"', '') === etag)
}

/** Seconds: HTTP dates know nothing finer. */
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000)

/** @throws `PreconditionFailed` (412), `NotModified` (304) */
export function checkReadConditions(input: Conditions, object: Validators): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = input
  if (IfMatch !== undefined) {
    if (!namesEtag(IfMatch, object.etag)) throw preconditionFailed('If-Match')
  } else if (IfUnmodifiedSince && seconds(object.lastModified) > seconds(IfUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  if (IfNoneMatch !== undefined) {
    if (namesEtag(IfNoneMatch, object.etag)) throw notModified(object.etag, object.lastModified)
  } else if (IfModifiedSince && seconds(object.lastModified) <= seconds(IfModifiedSince)) {
    throw notModified(object.etag, object.lastModified)
  }
}

interface CopyConditions {
  readonly CopySourceIfMatch?: string | undefined
  readonly CopySourceIfNoneMatch?: string | undefined
  readonly CopySourceIfModifiedSince?: Date | undefined
  readonly CopySourceIfUnmodifiedSince?: Date | undefined
}

/** Conditions on the source of a copy: here everything that does not hold is 412. @throws `PreconditionFailed` */
export function checkCopyConditions(input: CopyConditions, source: Validators): void {
  const fail = (header: string): never => {
    throw preconditionFailed(`x-amz-copy-source-${header}`)
  }
  if (input.CopySourceIfMatch !== undefined) {
    if (!namesEtag(input.CopySourceIfMatch, source.etag)) fail('If-Match')
  } else if (
    input.CopySourceIfUnmodifiedSince &&
    seconds(source.lastModified) > seconds(input.CopySourceIfUnmodifiedSince)
  ) {
    fail('If-Unmodified-Since')
  }
  if (input.CopySourceIfNoneMatch !== undefined) {
    if (namesEtag(input.CopySourceIfNoneMatch, source.etag)) fail('If-None-Match')
  } else if (
    input.CopySourceIfModifiedSince &&
    seconds(source.lastModified) <= seconds(input.CopySourceIfModifiedSince)
  ) {
    fail('If-Modified-Since')
  }
}
