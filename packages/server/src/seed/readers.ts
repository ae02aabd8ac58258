/** Readers of located values, combined into the seed's schema. Each reports what is wrong and goes on, so that all is told at once. */
import type { Located } from './located.ts'
import type { Placed, SeedProblem } from './types.ts'

/** Where a reader stands, and where it reports. */
export interface Place {
  readonly path: string
  readonly report: (problem: SeedProblem) => void
}

/** Reads a value; `undefined` after a problem was reported. */
export type Read<T> = (node: Located, place: Place) => T | undefined

export interface Field<T> {
  readonly read: Read<T>
  readonly required: boolean
}

export const required = <T>(read: Read<T>): Field<T> => ({ read, required: true })
export const optional = <T>(read: Read<T>): Field<T> => ({ read, required: false })

const inside = (place: Place, name: string): Place => ({
  ...place,
  path: place.path === '' ? name : `${place.path}.${name}`,
})

/** Reports, and answers nothing. */
export function wrong(node: Pick<Located, 'line'>, place: Place, text: string): undefined {
  place.report({ line: node.line, path: place.path, text })
}

/** What a value is, for messages. */
function described(node: Located): string {
  if (node.kind === 'map') return 'an object'
  if (node.kind === 'list') return 'a list'
  return node.value === null ? 'nothing' : `\`${node.source}\``
}

/** An object with these members and no others. Its line is kept in `line`. @param word what it is, for messages: `a role` */
export function object<T extends { readonly line: number }>(
  word: string,
  fields: { readonly [K in Exclude<keyof T, 'line'>]-?: Field<Exclude<T[K], undefined>> },
): Read<T> {
  const table = new Map<string, Field<unknown>>(Object.entries(fields))
  return (node, place) => {
    if (node.kind !== 'map') return wrong(node, place, `${word} is an object, not ${described(node)}`)
    const result: Record<string, unknown> = { line: node.line }
    let complete = true
    for (const entry of node.entries) {
      const field = table.get(entry.name)
      if (field === undefined) {
        complete = false
        wrong(entry, place, unknownName(entry.name, [...table.keys()]))
        continue
      }
      const value = field.read(entry.value, inside(place, entry.name))
      if (value === undefined) complete = false
      else result[entry.name] = value
    }
    for (const [name, field] of table)
      if (field.required && !node.entries.some((entry) => entry.name === name)) {
        complete = false
        wrong(node, place, `${word} needs \`${name}\``)
      }
    return complete ? (result as T) : undefined
  }
}

function unknownName(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return `\`${name}\` is not known here. ${near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean \`${near}\`?`}`
}

/** The word that differs in the fewest letters, when that is few. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined
}

/** Insertions, removals and replacements between two words (Levenshtein). */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}

export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (node, place) => {
    if (node.kind !== 'list') return wrong(node, place, `this is a list, not ${described(node)}`)
    const items = node.items.map((item, index) => read(item, { ...place, path: `${place.path}[${index}]` }))
    const complete = items.filter((item) => item !== undefined)
    return complete.length === items.length ? complete : undefined
  }
}

/** An object with names of the user's own choice. @param name checks one of them; answers what is wrong with it */
export function record<T>(
  read: Read<T>,
  name: (text: string) => string | undefined,
): Read<Readonly<Record<string, T>>> {
  return (node, place) => {
    if (node.kind !== 'map') return wrong(node, place, `this is an object, not ${described(node)}`)
    const entries = node.entries.map((entry) => {
      const problem = name(entry.name)
      const value = read(entry.value, inside(place, entry.name))
      if (problem !== undefined) wrong(entry, place, problem)
      return problem === undefined && value !== undefined ? ([entry.name, value] as const) : undefined
    })
    const complete = entries.filter((entry) => entry !== undefined)
    return complete.length === entries.length ? Object.fromEntries(complete) : undefined
  }
}

/** A text; an unquoted number or truth value is refused with advice, since quotes decide what it means. */
export function text(check: (value: string) => string | undefined = () => undefined): Read<string> {
  return (node, place) => {
    if (node.kind === 'scalar' && (typeof node.value === 'number' || typeof node.value === 'boolean'))
      return wrong(node, place, `this is a text: quote it: "${node.source}"`)
    if (node.kind !== 'scalar' || typeof node.value !== 'string')
      return wrong(node, place, `this is a text, not ${described(node)}`)
    const problem = check(node.value)
    return problem === undefined ? node.value : wrong(node, place, problem)
  }
}

/** A text of a form. @param say what it must be, for messages: `twelve digits` */
export const pattern = (form: RegExp, say: string): Read<string> =>
  text((value) => (form.test(value) ? undefined : `\`${value}\` must be ${say}`))

/** A secret of a form: as `pattern`, but no message repeats what was there. @param say what it is: `a secret of 1 to 128 characters` */
export const secret =
  (form: RegExp, say: string): Read<string> =>
  (node, place) =>
    node.kind === 'scalar' && typeof node.value === 'string' && form.test(node.value)
      ? node.value
      : wrong(node, place, `this is ${say}: quote it`)

export function oneOf<T extends string>(...values: readonly T[]): Read<T> {
  return (node, place) => {
    const value = values.find((candidate) => node.kind === 'scalar' && node.value === candidate)
    return value ?? wrong(node, place, `${described(node)} must be ${values.map((word) => `\`${word}\``).join(' or ')}`)
  }
}

export const flag: Read<boolean> = (node, place) =>
  node.kind === 'scalar' && typeof node.value === 'boolean'
    ? node.value
    : wrong(node, place, `${described(node)} must be true or false`)

export function integer(least: number, greatest: number): Read<number> {
  return (node, place) =>
    node.kind === 'scalar' &&
    Number.isSafeInteger(node.value) &&
    Number(node.value) >= least &&
    Number(node.value) <= greatest
      ? Number(node.value)
      : wrong(node, place, `${described(node)} must be a whole number from ${least} to ${greatest}`)
}

/** The value together with its line. */
export const placed =
  <T>(read: Read<T>): Read<Placed<T>> =>
  (node, place) => {
    const value = read(node, place)
    return value === undefined ? undefined : { value, line: node.line }
  }

/** The plain value, as JSON would have it. */
export function plain(node: Located): unknown {
  if (node.kind === 'list') return node.items.map(plain)
  if (node.kind === 'map') return Object.fromEntries(node.entries.map((entry) => [entry.name, plain(entry.value)]))
  return node.value
}

/** Names that must differ. @param fold names that are one without regard to case are folded by it */
export function distinct<T extends { readonly line: number }>(
  read: Read<readonly T[]>,
  nameOf: (item: T) => string | undefined,
  fold: (name: string) => string = (name) => name.toLowerCase(),
): Read<readonly T[]> {
  return (node, place) => {
    const items = read(node, place)
    const seen = new Set<string>()
    let clean = true
    for (const item of items ?? []) {
      const name = nameOf(item)
      if (name === undefined) continue
      if (seen.has(fold(name))) {
        clean = false
        wrong(item, place, `\`${name}\` is here twice`)
      }
      seen.add(fold(name))
    }
    return clean ? items : undefined
  }
}
