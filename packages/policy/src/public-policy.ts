/**
 * Is a bucket policy public? S3's public access block asks it: a grant to everybody is private only when a fixed value
 * of one of a few keys narrows it (S3 User Guide, "Blocking public access to your Amazon S3 storage: the meaning of
 * public"; native-s3.json, s3-public-…).
 */
import type { StatementBody } from './compiled.ts'
import { readNetwork } from './conditions/address.ts'
import type { Condition } from './conditions/condition.ts'
import { readOperatorName } from './conditions/operators.ts'
import type { CompiledPolicy } from './types.ts'

/** Keys whose fixed value tells who or where the caller is. */
const ANCHORS = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceip',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
])

/** Operators under which `*` and `?` are wildcards. */
const PATTERNS = new Set(['StringLike', 'ArnLike', 'ArnEquals'])

/** Would AWS call the policy public? Only Allows count. */
export const isPublicPolicy = (policy: CompiledPolicy): boolean =>
  policy.statements.some(
    (statement) =>
      statement.effect === 'Allow' &&
      isEverybody(statement) &&
      !statement.conditions.some((one) => isAnchor(one, statement)),
  )

const isEverybody = ({ principal }: StatementBody): boolean =>
  principal !== undefined && (principal.any || principal.not)

function isAnchor(condition: Condition, statement: StatementBody): boolean {
  const operator = readOperatorName(condition.operator)
  if (!operator || !ANCHORS.has(condition.key) || !condition.row || condition.row.negated) return false
  const optional = condition.ifExists || condition.quantifier === 'all'
  if (optional && !isPresenceWanted(condition.key, statement)) return false
  return condition.values.every(({ source }) => isFixed(condition.key, source, operator.base))
}

const isPresenceWanted = (key: string, { conditions }: StatementBody): boolean =>
  conditions.some(
    (other) => other.key === key && !other.row && other.values.every(({ source }) => !/^true$/i.test(source)),
  )

function isFixed(key: string, value: string, operator: string): boolean {
  if (key === 'aws:sourceip') return isNarrow(value)
  if (value.includes('${')) return false
  if (!PATTERNS.has(operator) || !/[*?]/.test(value)) return true
  // The sessions of one role, and the access points of one account, are fixed enough.
  if (key === 'aws:userid') return /^AROA[A-Z0-9]+:\*$/.test(value)
  return key === 's3:dataaccesspointarn' && /^arn:aws[a-z-]*:s3:[^:]*:\d{12}:accesspoint\/\*$/.test(value)
}

/** Ranges broader than /8 (IPv6: /32) count as everybody. */
function isNarrow(value: string): boolean {
  const network = readNetwork(value)
  return network !== undefined && network.prefix >= (network.address.length === 2 ? 8 : 32)
}
