/** Random cases: policies, and requests that they are about. */
import type { ContextValue, Principal, RequestFlags } from '@understudy/policy'
import { ACCOUNTS, CALLERS, TARGETS, VALUES } from './alphabet.ts'
import type { Chance } from './chance.ts'
import { documentsOf, mainly, type Documents, type Theme } from './generate-documents.ts'

/** A request in a form that prints whole. */
export interface Question {
  readonly principal: Principal
  readonly action: string
  readonly resource: string
  readonly resourceAccount?: string
  readonly context: Readonly<Record<string, ContextValue>>
  readonly flags: RequestFlags
}

/** A set of policies, and requests about it. */
export function generate(chance: Chance, requests: number): { documents: Documents; questions: readonly Question[] } {
  const families = Object.keys(VALUES)
  const theme: Theme = {
    chance,
    targets: [chance.pick(TARGETS), chance.pick(TARGETS)],
    families: [chance.pick(families), chance.pick(families), 'Null'],
    values: Object.fromEntries(
      families.map((family) => [
        family,
        [chance.pick(VALUES[family] ?? []), ...chance.some(1, () => chance.pick(VALUES[family] ?? []))].flat(),
      ]),
    ),
    focus: chance.pick(['layers', 'layers', 'condition', 'resource', 'principal']),
  }
  return { documents: documentsOf(theme), questions: Array.from({ length: requests }, () => questionOf(theme)) }
}

function questionOf(theme: Theme): Question {
  const { chance } = theme
  const [action, resource] = chance.pick(theme.targets)
  const principal = chance.pick(CALLERS)
  return {
    principal,
    action,
    resource,
    ...(chance.maybe(95) ? { resourceAccount: chance.pick(ACCOUNTS) } : {}),
    context: contextOf(theme, principal),
    flags: flagsOf(chance, principal),
  }
}

function contextOf({ chance, families, values }: Theme, principal: Principal): Question['context'] {
  const value = (): string => chance.pick(values[chance.maybe(95) ? mainly(chance, families) : 'String'] ?? [])
  const entry = (key: string, percent: number, make: () => ContextValue): Question['context'] =>
    chance.maybe(percent) ? { [key]: make() } : {}
  return {
    ...entry('aws:RequestTag/value', 70, value),
    ...entry('aws:PrincipalTag/team', 50, () =>
      chance.maybe(50) ? value() : chance.pick(['a.txt', 'team', 'data', 's3', '*', 'a*']),
    ),
    ...entry('aws:TagKeys', 60, () => (chance.maybe(5) ? value() : chance.some(3, value))),
    ...entry('x:key', 30, () => (chance.maybe(70) ? value() : chance.some(2, value))),
    ...entry('aws:RequestedRegion', 80, () => 'us-east-1'),
    ...('accountId' in principal ? { 'aws:PrincipalAccount': principal.accountId } : {}),
    ...(principal.kind === 'user' ? { 'aws:username': 'alice' } : {}),
    ...entry('aws:TokenIssueTime', 10, () => '2030-01-01T00:00:00Z'),
    ...entry('aws:MultiFactorAuthPresent', 15, () => chance.pick(['true', 'false'])),
  }
}

function flagsOf(chance: Chance, principal: Principal): RequestFlags {
  const linked = principal.kind === 'role-session' && principal.roleArn.includes('/aws-service-role/')
  return {
    ...(chance.maybe(10) ? { managementAccount: true } : {}),
    ...(chance.maybe(10) ? { resourceInManagementAccount: true } : {}),
    ...(linked ? { serviceLinkedRole: true } : {}),
    ...(principal.kind === 'user' && chance.maybe(15) ? { sessionToken: true } : {}),
    ...(chance.maybe(1) ? { noPermissionRequired: true } : {}),
    ...(chance.maybe(1) ? { stsRestriction: true } : {}),
  }
}
