/**
 * What can be said against a policy from its text alone: what AWS would refuse, what can never do what it says, what opens
 * more than it seems to, and what is superfluous. IAM User Guide, "IAM Access Analyzer policy check reference".
 */
import { compilePolicy } from '../compile.ts'
import { lint } from '../validation/lint.ts'
import { parsePolicy } from '../validation/parse.ts'
import type { PolicyType } from '../validation/problem.ts'
import { actionsWithoutResource, allowNotAction, passRole, redundantActions, unknownActions } from './actions.ts'
import {
  boolValues,
  keysDifferingInCase,
  keysOfOtherActions,
  operatorTypes,
  privateAddresses,
  unknownKeys,
  variablesOfOldVersions,
  wildcardInExact,
} from './conditions.ts'
import { readDocument, type LintDocument } from './document.ts'
import { finding, type Finding, type FindingLevel } from './finding.ts'
import { externalId, looseSubject, notPrincipal, serviceWithoutSource, wildcardInPrincipal } from './principals.ts'
import { tell, type LintContext, type LintOptions, type StatementRule } from './rule.ts'
import { idleStatements } from './statements.ts'

const RULES: readonly StatementRule[] = [
  unknownActions,
  actionsWithoutResource,
  redundantActions,
  passRole,
  allowNotAction,
  unknownKeys,
  keysOfOtherActions,
  operatorTypes,
  wildcardInExact,
  boolValues,
  privateAddresses,
  keysDifferingInCase,
  variablesOfOldVersions,
  wildcardInPrincipal,
  notPrincipal,
  externalId,
  looseSubject,
  serviceWithoutSource,
]

/** Findings in the order of the document. Never throws for what the text holds. */
export function lintPolicy(text: string, type: PolicyType, options: LintOptions = {}): readonly Finding[] {
  const refused = refusal(text, type)
  const document = readDocument(text)
  if (!document) return refused
  const context: LintContext = { ...options, document, type }
  const found = [
    ...refused,
    ...versions(context),
    ...document.statements.flatMap((statement) => RULES.flatMap((rule) => rule(statement, context))),
    ...idleStatements(context),
    ...warnings(context),
  ]
  return found.toSorted((left, right) => left.line - right.line)
}

/** What AWS would say when the document is saved. */
function refusal(text: string, type: PolicyType): readonly Finding[] {
  const parsed = parsePolicy(text, type)
  if (parsed.ok) return []
  const line = parsed.position?.line ?? 1
  return [{ code: refusalCode(parsed.message), level: 'error', message: parsed.message, path: '', line }]
}

function refusalCode(message: string): string {
  if (/must evaluate, using|for the Cognito provider|StringEquals condition on an application id/.test(message))
    return 'LINT.SHARED_ISSUER'
  return 'POLICY.GRAMMAR'
}

/** A document without a version is one of 2008, where variables are plain text. */
function versions(context: LintContext): readonly Finding[] {
  const { version, at } = context.document
  if (version?.value === '2012-10-17') return []
  const message = version
    ? `Version ${version.value} is the old one: variables are plain text in it.`
    : 'Without `"Version": "2012-10-17"` the document is one of 2008: variables are plain text in it.'
  const code = version ? 'LINT.VERSION_OLD' : 'LINT.VERSION_MISSING'
  return [tell(context, version ?? { path: '', at }, { code, level: 'warning', message })]
}

/** How bad the findings are that saving a policy already tells. */
const LEVELS: Readonly<Record<string, FindingLevel>> = {
  'LINT.FORALLVALUES_ALLOW': 'securityWarning',
  'LINT.MULTIVALUED_KEY': 'error',
  'LINT.EMPTY_VALUES': 'error',
  'LINT.VARIABLE_POSITION': 'warning',
  'LINT.OPEN_TRUST': 'error',
  'LINT.SAML_AUD': 'securityWarning',
}

/** Those of the engine's own, which are told at every save. */
function warnings({ document, type }: LintContext): readonly Finding[] {
  const policy = compiled(document)
  if (!policy) return []
  return lint(policy, type).map(({ code, message, line }) => {
    const statement = document.statements.findLast(
      (candidate) => finding(document.text, candidate, { code, level: 'warning', message }).line <= line,
    )
    return { code, level: LEVELS[code] ?? 'warning', message, path: statement?.path ?? '/Statement', line }
  })
}

function compiled({ text }: LintDocument): ReturnType<typeof compilePolicy> | undefined {
  try {
    return compilePolicy(text)
  } catch {
    // Not compilable means refused, and that has been told.
    return undefined
  }
}

/** The slot that a document is most likely meant for, by its elements. */
export function guessPolicyType(text: string): PolicyType {
  const statements = readDocument(text)?.statements ?? []
  const named = statements.some(({ principals, notPrincipals }) => principals.length + notPrincipals.length > 0)
  if (!named) return 'inline'
  const actions = statements.flatMap((statement) => statement.actions)
  if (actions.length > 0 && actions.every(({ value }) => /^sts:/i.test(value))) return 'trust'
  return 'resource'
}
