/** Does a statement match, and as what: rules 2.1 to 2.8, 4.1. */
import type { AttachedPolicy, RequestContext } from '@understudy/policy'
import { conditionHolds, type ConditionBlock } from './conditions.ts'
import { covers, coversText, marksOf } from './pattern.ts'
import { exempted, namedBy, type GrantClass, type PrincipalElement } from './principals.ts'
import { expand, type Version } from './variables.ts'

type Texts = string | readonly string[]

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: PrincipalElement
  readonly NotPrincipal?: PrincipalElement
  readonly Action?: Texts
  readonly NotAction?: Texts
  readonly Resource?: Texts
  readonly NotResource?: Texts
  readonly Condition?: ConditionBlock
}

interface Document {
  readonly Version?: Version
  readonly Statement: Statement | readonly Statement[]
}

/** What the statements of one or more policies say about a request. */
export interface Outcome {
  readonly denies: boolean
  readonly allows: boolean
  /** How the Allows that matched name the caller; empty where policies name nobody. */
  readonly classes: readonly GrantClass[]
}

/** How policies of a type are read. */
export interface Reading {
  /** Resource, key, trust, endpoint and resource control policies say whom they are about. */
  readonly namesPrincipals: boolean
  /** A permissions boundary stands on the caller (2.19). */
  readonly hasBoundary: boolean
  /** A trust policy: `*` admits no federation there (recorded September 2026). */
  readonly isTrust: boolean
}

/** Reads policies one after the other, statement by statement; their order means nothing. */
export function evaluate(policies: readonly AttachedPolicy[], request: RequestContext, reading: Reading): Outcome {
  const matched = policies.flatMap(({ policy }) => {
    const document = JSON.parse(policy.text) as Document
    // 1.2: no Version is the old one.
    const version = document.Version ?? '2008-10-17'
    return [document.Statement].flat().flatMap((statement) => {
      const classes = classesOf(statement, request, reading)
      return classes && matches(statement, request, version) ? [{ effect: statement.Effect, classes }] : []
    })
  })
  const allowing = matched.filter(({ effect }) => effect === 'Allow')
  return {
    denies: matched.some(({ effect }) => effect === 'Deny'),
    allows: allowing.length > 0,
    classes: allowing.flatMap(({ classes }) => classes),
  }
}

/** The classes under which the statement is about the caller, or nothing where it is not about the caller. */
function classesOf(statement: Statement, request: RequestContext, reading: Reading): readonly GrantClass[] | undefined {
  if (!reading.namesPrincipals) return []
  if (statement.NotPrincipal !== undefined) {
    // 2.19: with Allow it is not supported.
    if (statement.Effect === 'Allow') return undefined
    return exempted(statement.NotPrincipal, request.principal, reading.hasBoundary) ? undefined : []
  }
  // 2.8: a statement that names nobody is about nobody.
  const named = statement.Principal === undefined ? [] : namedBy(statement.Principal, request.principal)
  const federated = request.principal.kind === 'web-identity' || request.principal.kind === 'saml'
  const classes =
    reading.isTrust && federated && statement.Effect === 'Allow' ? named.filter((name) => name !== 'any') : named
  return classes.length > 0 ? classes : undefined
}

function matches(statement: Statement, request: RequestContext, version: Version): boolean {
  const { Effect: effect, Condition: condition } = statement
  return (
    actionMatches(statement, request) &&
    resourceMatches(statement, request, version) &&
    conditionHolds(condition, { effect, version, context: request.context })
  )
}

/** 2.1, 2.2: no regard to case, no variables. */
function actionMatches({ Action, NotAction }: Statement, { action }: RequestContext): boolean {
  const listed = [Action ?? NotAction ?? []].flat().some((text) => coversText(text.toLowerCase(), action.toLowerCase()))
  return Action === undefined ? !listed : listed
}

/** 2.3, 2.5; a trust policy has neither element and is about its role. */
function resourceMatches({ Resource, NotResource }: Statement, request: RequestContext, version: Version): boolean {
  const entries = Resource ?? NotResource
  if (entries === undefined) return true
  const listed = [entries].flat().some((entry) => entryCovers(entry, request, version))
  return Resource === undefined ? !listed : listed
}

function entryCovers(entry: string, { resource, action, context }: RequestContext, version: Version): boolean {
  const pieces = expand(complete(entry, version), version, context)
  // 3.20: an entry that stays open covers nothing.
  if (!pieces) return false
  // 2.6: AWS's pages give this action two resources; both are accepted.
  const alias = action.toLowerCase() === 's3:listallmybuckets' && resource === '*' ? ['arn:aws:s3:::*'] : []
  return [resource, ...alias].some((text) => covers(marksOf(pieces), text))
}

/** 2.4: an ARN that ends early is filled up with `*`; colons within variables do not count. */
function complete(entry: string, version: Version): string {
  const variables = version === '2012-10-17'
  if (!entry.startsWith('arn:') || (variables && /\$\{[^}]*\}$/.test(entry))) return entry
  const written = variables ? entry.replaceAll(/\$\{[^}]*\}/g, '') : entry
  return entry + ':*'.repeat(Math.max(0, 6 - written.split(':').length))
}
