/** Exempts one caller from a Deny, split so that other callers, actions and resources stay denied. */
import type { Principal, RequestContext } from '../types.ts'
import { compileGlob, globMatches, patternOf } from '../language/glob.ts'

/** A statement as the document has it. */
export type JsonStatement = Readonly<Record<string, unknown>>

export interface Exemption {
  /** Stands in the place of the old statement. */
  readonly exempted: JsonStatement
  /** What of the old statement has to be kept beside it. */
  readonly rest: readonly JsonStatement[]
  readonly warning: string | undefined
}

type Version = '2008-10-17' | '2012-10-17'

export function exemptCaller(row: JsonStatement, request: RequestContext, version: Version): Exemption {
  const byAction = splitOff(row, 'Action', { text: request.action, fold: true })
  const resource = literalText(request.resource, version)
  const byResource = splitOff(byAction.part, 'Resource', { text: resource, fold: false })
  const [operator, key, value] = callerTest(request)
  const condition = (byResource.part.Condition ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  const values = [condition[operator]?.[key] ?? []].flat()
  const tests = { ...condition[operator], [key]: [...values, value] }
  const rest = [byAction.rest, byResource.rest].filter((one) => one !== undefined).map(withoutSid)
  const whole = byAction.exact && byResource.exact
  return {
    exempted: { ...byResource.part, Condition: { ...condition, [operator]: tests } },
    rest,
    warning: exemptionWarning(request.principal, whole),
  }
}

/** A copy may not carry the Sid a second time. */
function withoutSid(row: JsonStatement): JsonStatement {
  const { Sid: _sid, ...others } = row
  return others
}

interface Split {
  /** What holds the wanted text alone, where it could be split off. */
  readonly part: JsonStatement
  readonly rest: JsonStatement | undefined
  /** Does the part hold nothing beyond the text? */
  readonly exact: boolean
}

/**
 * Splits a text off `Action` or `Resource`: a complement loses it by listing it, a list by leaving it out. Where a
 * pattern covers it, nothing can be split off.
 */
function splitOff(
  row: JsonStatement,
  element: 'Action' | 'Resource',
  wanted: { readonly text: string; readonly fold: boolean },
): Split {
  const { text } = wanted
  const not = `Not${element}`
  if (row[not] !== undefined) {
    const { [not]: list, ...others } = row
    return { part: { ...others, [element]: text }, rest: { ...row, [not]: [...textsOf(list), text] }, exact: true }
  }
  const folded = (value: string): string => (wanted.fold ? value.toLowerCase() : value)
  const list = textsOf(row[element])
  if (list.length === 0) return { part: row, rest: undefined, exact: true }
  const others = list.filter((value) => folded(value) !== folded(text))
  if (others.length === list.length || others.some((value) => covers(folded(value), folded(text)))) {
    return { part: row, rest: undefined, exact: false }
  }
  const rest = others.length === 0 ? undefined : { ...row, [element]: others }
  return { part: { ...row, [element]: text }, rest, exact: true }
}

const covers = (pattern: string, text: string): boolean =>
  pattern.includes('${') || globMatches(compileGlob(patternOf(pattern)), text)

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).filter((item) => typeof item === 'string')

/** A test that is false for this caller and true for others. */
function callerTest({ principal, context }: RequestContext): readonly [operator: string, key: string, value: string] {
  switch (principal.kind) {
    case 'anonymous':
      return ['StringNotEquals', 'aws:PrincipalAccount', 'anonymous']
    case 'service':
      return ['StringNotEquals', 'aws:PrincipalServiceName', principal.name]
    case 'web-identity':
      return subjectTest(`${principal.provider}:sub`, context.get(`${principal.provider}:sub`.toLowerCase()))
    case 'saml':
      return subjectTest('saml:sub', context.get('saml:sub'))
    case 'role-session':
      return ['ArnNotEquals', 'aws:PrincipalArn', principal.roleArn]
    default:
      return ['ArnNotEquals', 'aws:PrincipalArn', principal.arn]
  }
}

const subjectTest = (key: string, value: unknown): readonly [string, string, string] =>
  typeof value === 'string' ? ['StringNotEquals', key, value] : ['Null', key, 'false']

function exemptionWarning(principal: Principal, whole: boolean): string | undefined {
  if (!whole) return 'The caller is exempted from everything that this statement denies.'
  return principal.kind === 'role-session' ? 'Every session of the role is exempted.' : undefined
}

/** Text of a policy that stands for itself. Version 2008-10-17 has no escapes. */
export const literalText = (text: string, version: Version | undefined): string =>
  version === '2008-10-17' ? text : text.replace(/[*?]|\$(?=\{)/g, (character) => `\${${character}}`)
