/** The strings that must not be mixed up, each made in one place. */

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** Twelve digits. Made by `accountId`. */
export type AccountId = Branded<string, 'AccountId'>
/** `arn:aws:…`. Made by the functions of `arn.ts`. */
export type Arn = Branded<string, 'Arn'>
/** Milliseconds since 1970, UTC. */
export type Instant = Branded<number, 'Instant'>

/** Reads an account id; `undefined` when the text is not twelve digits. */
export const accountId = (text: string): AccountId | undefined =>
  /^\d{12}$/.test(text) ? (text as AccountId) : undefined

/** An account id that the caller knows to be one, such as one read back from the store. */
export const knownAccountId = (text: string): AccountId => {
  const id = accountId(text)
  if (id === undefined) throw new Error(`\`${text}\` is not an account id of twelve digits`)
  return id
}

export const instant = (milliseconds: number): Instant => milliseconds as Instant
export const dateOf = (time: Instant): Date => new Date(time)

let lastMillisecond = { time: 0, text: new Date(0).toISOString() }

/** `2026-11-25T20:00:00.123Z`. The last text is kept: many requests share a millisecond. */
export function isoMilliseconds(time: Instant): string {
  if (lastMillisecond.time !== time) lastMillisecond = { time, text: new Date(time).toISOString() }
  return lastMillisecond.text
}

/** `2026-11-25T20:00:00Z`: whole seconds, as AWS writes times. */
export const isoSeconds = (time: Instant): string =>
  new Date(Math.floor(time / 1000) * 1000).toISOString().replace('.000Z', 'Z')
