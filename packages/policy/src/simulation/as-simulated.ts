/**
 * The policy simulator reads values that cannot be read in its own way (policy-semantics 3.24, 4.26): where a negated
 * numeric or address operator holds in a real call, it does not hold in the simulator.
 */
import type { StatementBody } from '../compiled.ts'
import { readNetwork } from '../conditions/address.ts'
import type { Condition } from '../conditions/condition.ts'
import type { CompiledPolicy } from '../types.ts'

/** The policy as the simulator would read it. */
export function asSimulated(policy: CompiledPolicy): CompiledPolicy {
  const statements = policy.statements.map((statement): StatementBody => ({
    ...statement,
    conditions: statement.conditions.map(conditionAsSimulated),
  }))
  return { ...policy, statements, byAction: new Map() }
}

function conditionAsSimulated(condition: Condition): Condition {
  const { row } = condition
  if (row?.name === 'NumericNotEquals') {
    return { ...condition, row: { ...row, family: { ...row.family, unreadable: 'never' } } }
  }
  // Compared with nothing, a condition holds for no value.
  if (row?.name === 'NotIpAddress' && condition.values.some(({ fixed }) => fixed && coversNothing(fixed.text))) {
    return { ...condition, values: [], operands: [] }
  }
  return condition
}

/** No network, or an IPv6 one with host bits. */
const coversNothing = (text: string): boolean => readNetwork(text)?.empty ?? true
