/** The stable diagnosis code of a refusal: the most telling one that the engine can know. */
import type { ConditionRecord, Decision, LayerName, LayerRecord, StatementRecord } from '../types.ts'
import { DIRECT, GRANT, LIMITED } from '../principals.ts'
import { sideGrants, type Case } from './decide.ts'
import { compileGlob, globMatches, patternOf } from '../language/glob.ts'
import { conditionCode } from './condition-code.ts'
import { layerNamed } from './layers.ts'

export interface Refusal {
  readonly given: Case
  readonly decision: Decision
  readonly records: readonly LayerRecord[]
}

/** Code of the layer that the decision names. */
export function codeOf(refusal: Refusal): string {
  if (refusal.given.request.action.toLowerCase() === 'iam:passrole') return 'PASSROLE.DENIED'
  const [kind, name] = refusal.decision.reason.split(':') as ['explicit-deny' | 'implicit-deny', LayerName]
  const records = refusal.records.filter((record) => record.layer === name)
  if (kind === 'explicit-deny') return denyCode(name, records)
  return silenceCode(refusal, name, records)
}

/** A Deny that fired over an absent key is told as that: people expect it not to fire. */
function denyCode(name: LayerName, records: readonly LayerRecord[]): string {
  const deny = records.flatMap((record) => record.statements).find((row) => row.effect === 'Deny' && row.matched)
  const keys = deny?.conditions.map((condition) => condition.key.toLowerCase()) ?? []
  if (keys.some((key) => MFA_KEYS.has(key))) return 'MFA.NOT_PRESENT'
  if (keys.includes('iam:permissionsboundary')) return 'BOUNDARY.REQUIRED'
  if (deny?.conditions.some((condition) => condition.absent)) return 'COND.KEY_ABSENT'
  return `${name.toUpperCase()}.EXPLICIT_DENY`
}

const MFA_KEYS = new Set(['aws:multifactorauthpresent', 'aws:multifactorauthage'])

function silenceCode(refusal: Refusal, name: LayerName, records: readonly LayerRecord[]): string {
  switch (name) {
    case 'scp':
      return 'SCP.NO_ALLOW_AT_LEVEL'
    case 'boundary':
    case 'session':
      return limitCode(refusal, name)
    case 'trust':
      return trustCode(refusal, records)
    default:
      return nearMissCode(records) ?? wildcardCode(refusal, name) ?? callerCode(refusal, name)
  }
}

/** A resource policy that names the role, not the session, does not get past boundary and session policy. */
function limitCode({ given }: Refusal, name: 'boundary' | 'session'): string {
  const { sameAccount, side } = given.facts
  const grants = sameAccount && side === 'resource' ? sideGrants(given) : GRANT.none
  if ((grants & LIMITED) !== 0 && (grants & DIRECT) === 0) return 'RESOURCE.ROLE_ARN_STILL_FILTERED'
  return name === 'boundary' ? 'BOUNDARY.FILTERED' : 'SESSION.POLICY_FILTERED'
}

function callerCode({ given }: Refusal, name: LayerName): string {
  const { action, side, sameAccount } = given.facts
  if (name !== 'identity' || side !== 'trust') return `${name.toUpperCase()}.NO_ALLOW`
  if (action.name === 'sts:tagsession') return 'TRUST.TAGSESSION_MISSING'
  if (action.name === 'sts:setsourceidentity') return 'TRUST.SOURCEIDENTITY_MISSING'
  return sameAccount ? 'ASSUME.DELEGATED_TO_CALLER_ACCOUNT' : 'ASSUME.CALLER_NOT_ALLOWED'
}

/** A pattern in a principal ARN would cover the caller, if principals could hold patterns. */
function wildcardCode({ given }: Refusal, name: LayerName): string | undefined {
  const { principal } = given.request
  const layer = layerNamed(given.layers, name)
  if (!layer?.reading.principals || !('arn' in principal)) return undefined
  const names = principal.kind === 'role-session' ? [principal.arn, principal.roleArn] : [principal.arn]
  const patterns = layer.policies
    .flatMap(({ policy }) => policy.statements)
    .flatMap(({ principal: test }) => [...(test?.identities ?? [])])
    .filter((text) => /[*?]/.test(text))
    .map((text) => compileGlob(patternOf(text)))
  const covers = patterns.some((glob) => names.some((text) => globMatches(glob, text)))
  return covers ? 'POLICY.WILDCARD_IN_PRINCIPAL' : undefined
}

function trustCode(refusal: Refusal, records: readonly LayerRecord[]): string {
  const { request } = refusal.given
  const near = nearMissCode(records) ?? wildcardCode(refusal, 'trust')
  if (near) return near
  const action = request.action.toLowerCase()
  if (action === 'sts:tagsession') return 'TRUST.TAGSESSION_MISSING'
  if (action === 'sts:setsourceidentity') return 'TRUST.SOURCEIDENTITY_MISSING'
  const { principal } = request
  if (principal.kind === 'role-session' && principal.roleArn === request.resource) return 'ASSUME.SELF_NOT_TRUSTED'
  return principal.kind === 'service' ? 'TRUST.SERVICE_PRINCIPAL' : 'ASSUME.TRUST_NO_MATCH'
}

/** The Allow that fails on the fewest tests, when those are conditions only. */
export function nearestMiss(records: readonly LayerRecord[]): StatementRecord | undefined {
  const rows = records.flatMap((record) => record.statements)
  const near = rows.filter((row) => row.effect === 'Allow' && row.failed === 'condition')
  return near.reduce<StatementRecord | undefined>(
    (best, row) => (best && best.misses <= row.misses ? best : row),
    undefined,
  )
}

function nearMissCode(records: readonly LayerRecord[]): string | undefined {
  const failed: readonly ConditionRecord[] = nearestMiss(records)?.conditions.filter((row) => !row.matched) ?? []
  return failed.map(conditionCode).find((code) => code !== undefined)
}
