/** Dates in signatures, and the windows in which a signature counts. */
import { incompleteSignature, queryServiceMismatch, refuse } from './refusals.ts'
import type { Checked, Credentials, Dialect, Refusal, V2Credentials, V4Credentials } from './types.ts'

/** How far a signature's date may lie from the server's clock, either way. */
export const SKEW_MS = 15 * 60_000
/** Dates in basic form have four digits for the year. */
const YEAR_10000 = Date.UTC(10_000, 0, 1)
const BASIC = /^\d{8}T\d{6}Z$/

/** Has the text the form `YYYYMMDDTHHMMSSZ`? Whether there is such a day, `parseBasicDate` knows. */
export const isBasicDate = (text: string): boolean => BASIC.test(text)

/** Epoch milliseconds of `YYYYMMDDTHHMMSSZ`; undefined when it is not such a date or no real day. */
export function parseBasicDate(text: string): number | undefined {
  if (!isBasicDate(text)) return undefined
  const number = (from: number, to: number): number => Number(text.slice(from, to))
  const [month, day, hour, minute, second] = [number(4, 6), number(6, 8), number(9, 11), number(11, 13), number(13, 15)]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  const time = date.setUTCFullYear(number(0, 4), month - 1, day)
  // A day or month that does not exist rolls over into another one.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  return time + ((hour * 60 + minute) * 60 + second) * 1000
}

/** Epoch milliseconds of a `Date` header: basic form, or a form of RFC 9110 section 5.6.7. */
export function parseHeaderDate(text: string): number | undefined {
  const basic = parseBasicDate(text)
  if (basic !== undefined) return basic
  if (!/^[A-Z][a-z]{2,8},? .*\d/.test(text)) return undefined
  const time = Date.parse(text)
  return time >= 0 && time < YEAR_10000 ? time : undefined
}

/** `YYYYMMDDTHHMMSSZ`. @param time epoch milliseconds */
export const basicDate = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

/** `YYYY-MM-DDTHH:MM:SSZ`, as S3 shows dates in its errors. */
const isoDate = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`

/** STS and IAM: the text for a date that is not in basic form. */
export const dateNotBasic = (text: string): Refusal =>
  incompleteSignature(
    `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  )

/**
 * Is the signature's date inside its window? Headers, and presigned requests of STS and IAM: 15 minutes either way,
 * whatever `X-Amz-Expires` says. Presigned S3: from 15 minutes before its date until it has run out. Version 2: until
 * `Expires`, in a header 15 minutes either way. Forms are bounded by their policy, so nothing is checked here.
 * @param input.now wire time, epoch milliseconds
 */
export function checkTime(input: {
  readonly credentials: Credentials
  readonly dialect: Dialect
  readonly now: number
}): Checked {
  const { credentials, dialect, now } = input
  if (credentials.form === 'post') return { ok: true }
  if (credentials.version === 'v2') return checkV2(credentials, now)
  if (dialect !== 's3') return checkWindow(credentials, now)
  if (credentials.form === 'query') return checkPresigned(credentials, now)
  return checkSkew(credentials.time, credentials.dateText, now)
}

function checkWindow({ form, time, timestamp }: V4Credentials, now: number): Checked {
  const [past, future] = [now - SKEW_MS, now + SKEW_MS]
  if (time < floorSecond(past)) {
    const text = `Signature expired: ${timestamp} is now earlier than ${basicDate(past)} (${basicDate(now)} - 15 min.)`
    // A presigned call was good once; a header that is late when it comes is of a wrong clock.
    return queryServiceMismatch(text, form === 'query' ? 'AUTH.EXPIRED' : 'AUTH.SKEW')
  }
  if (time > future) {
    const text = `Signature not yet current: ${timestamp} is still later than ${basicDate(future)} (${basicDate(now)} + 15 min.)`
    return queryServiceMismatch(text, 'AUTH.SKEW')
  }
  return { ok: true }
}

/** Signature dates have whole seconds; without this the text would read `X is now earlier than X`. */
const floorSecond = (time: number): number => Math.floor(time / 1000) * 1000

function checkSkew(time: number, dateText: string, now: number): Checked {
  if (Math.abs(floorSecond(now) - time) <= SKEW_MS) return { ok: true }
  return refuse(
    'RequestTimeTooSkewed',
    403,
    'The difference between the request time and the current time is too large.',
    {
      diagnosis: 'AUTH.SKEW',
      fields: [
        ['RequestTime', dateText],
        ['ServerTime', isoDate(now)],
        ['MaxAllowedSkewMilliseconds', String(SKEW_MS)],
      ],
    },
  )
}

function checkPresigned({ time, expiresSeconds = 0 }: V4Credentials, now: number): Checked {
  const ends = time + expiresSeconds * 1000
  if (time > now + SKEW_MS) {
    const fields = [
      ['X-Amz-Date', String(time)],
      ['Expires', isoDate(ends)],
      ['ServerTime', isoDate(now)],
    ] as const
    return refuse('AccessDenied', 403, 'Request is not yet valid', { diagnosis: 'AUTH.SKEW', fields })
  }
  if (now < ends) return { ok: true }
  const fields = [
    ['X-Amz-Expires', String(expiresSeconds)],
    ['Expires', isoDate(ends)],
    ['ServerTime', isoDate(now)],
  ] as const
  return refuse('AccessDenied', 403, 'Request has expired', { diagnosis: 'AUTH.EXPIRED', fields })
}

function checkV2({ expires, date }: V2Credentials, now: number): Checked {
  if (date) return checkSkew(date.time, date.text, now)
  if (expires !== undefined && now < expires * 1000) return { ok: true }
  const fields = [
    ['Expires', isoDate((expires ?? 0) * 1000)],
    ['ServerTime', isoDate(now)],
  ] as const
  return refuse('AccessDenied', 403, 'Request has expired', { diagnosis: 'AUTH.EXPIRED', fields })
}
