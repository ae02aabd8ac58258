/**
 * DelegationPermissionCheck: do the caller's own permissions cover what a request asks for? Patterns are tried as they stand,
 * so the answer is a likelihood, as AWS says of its own check.
 */
import { judge } from '../../authorization/authorize.ts'
import type { DelegationRequest } from '../../entities/delegation.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'

type Result = 'ALLOWED' | 'DENIED' | 'UNSURE'

/** Actions times resources. A partner writes the policy, so its work is bounded. */
const PAIRS_MAX = 500

interface Statement {
  readonly Effect: string
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: object
}

/** `DENIED` only for one action on one resource without conditions: patterns and conditions leave room. */
export async function permissionCheck(row: DelegationRequest, call: Call, store: Reader): Promise<Result> {
  const { Statement: found } = JSON.parse(row.policy) as { readonly Statement: Statement | readonly Statement[] }
  const statements = Array.isArray(found) ? (found as readonly Statement[]) : [found as Statement]
  const pairs = statements.reduce(
    (sum, { Action = [], Resource = [] }) => sum + listOf(Action).length * listOf(Resource).length,
    0,
  )
  if (pairs > PAIRS_MAX) return 'UNSURE'
  const results: Result[] = []
  for (const statement of statements)
    if (statement.Effect === 'Allow') results.push(...(await checked(statement, call, store)))
  if (results.includes('DENIED')) return 'DENIED'
  return results.includes('UNSURE') ? 'UNSURE' : 'ALLOWED'
}

async function checked(statement: Statement, call: Call, store: Reader): Promise<readonly Result[]> {
  // What everything but some actions comes to depends on what AWS will have.
  if (statement.Action === undefined || statement.Resource === undefined) return ['UNSURE']
  const asker = { caller: call.caller, region: call.region, now: call.now, secure: call.request.secure }
  const results: Result[] = []
  for (const action of listOf(statement.Action))
    for (const resource of listOf(statement.Resource)) {
      const { decision } = await judge(
        { action, resource, resourceAccount: call.account },
        asker,
        store,
        call.platform.catalogue,
      )
      const isExact = statement.Condition === undefined && !/[*?$]/.test(action + resource)
      results.push(decision.effect === 'Allow' ? 'ALLOWED' : isExact ? 'DENIED' : 'UNSURE')
    }
  return results
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value)
