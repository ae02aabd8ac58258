/** What a compiled policy is made of. Only `compile.ts` makes these values; the decision reads them. */
import type { Condition } from './conditions/condition.ts'
import type { Glob } from './language/glob.ts'
import type { TemplateGlob } from './language/template-glob.ts'

/** A list of patterns, or its complement (`NotAction`, `NotResource`). */
export interface ActionTest {
  readonly not: boolean
  /** Lower case. */
  readonly globs: readonly Glob[]
}

/** One entry of Resource: `glob` is there when the entry holds no variable, and `variable` then is of no use. */
export interface ResourceEntry {
  readonly glob: Glob | undefined
  readonly variable: TemplateGlob
}

export interface ResourceTest {
  readonly not: boolean
  readonly entries: readonly ResourceEntry[]
}

export interface PrincipalTest {
  readonly not: boolean
  /** `"*"` or `{"AWS":"*"}`. */
  readonly any: boolean
  /** Account ids, from ids and root ARNs alike. */
  readonly accounts: ReadonlySet<string>
  /** ARNs of users, roles and sessions, and unique ids. */
  readonly identities: ReadonlySet<string>
  readonly services: ReadonlySet<string>
  /** Provider ARNs and built-in host names. */
  readonly providers: ReadonlySet<string>
}

/** The tests of one statement; an absent test is passed by every request. */
export interface StatementBody {
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** Position in the list of statements, from 0. */
  readonly index: number
  /** Line in the document, from 1. */
  readonly line: number
  readonly action: ActionTest | undefined
  readonly resource: ResourceTest | undefined
  readonly principal: PrincipalTest | undefined
  readonly conditions: readonly Condition[]
}

/** Statements whose action covers one action, split by effect. */
export interface Candidates {
  readonly allows: readonly StatementBody[]
  readonly denies: readonly StatementBody[]
}
