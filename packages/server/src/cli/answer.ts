/** Reads members of the admin API's answers, which are unknown until looked at. */
import { CommandFailure } from './command.ts'
import { oneLine } from './terminal.ts'

/** A member of an object; `undefined` when there is none. */
export function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

/** @throws CommandFailure when the member is no text: the other end is of another version */
export function textAt(value: unknown, name: string): string {
  const member = at(value, name)
  if (typeof member === 'string') return member
  throw unexpected(name)
}

export function numberAt(value: unknown, name: string): number {
  const member = at(value, name)
  if (typeof member === 'number') return member
  throw unexpected(name)
}

export function listAt(value: unknown, name: string): readonly unknown[] {
  const member = at(value, name)
  if (Array.isArray(member)) return member
  throw unexpected(name)
}

/** A text in one line, or a dash, for people. */
export function shown(value: unknown, name: string): string {
  const member = at(value, name)
  return typeof member === 'string' || typeof member === 'number' ? oneLine(String(member)) : '-'
}

const unexpected = (name: string) =>
  new CommandFailure(`the server's answer has no \`${name}\`. Is it of another version than this command?`)
