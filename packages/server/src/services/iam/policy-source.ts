/** The policies of a user, group or role by its ARN, as simulations and their helpers see them. */
import type { Ask } from '../../authorization/question.ts'
import { parseArn, splitIamResource } from '../../domain/arn.ts'
import { accountId } from '../../domain/brands.ts'
import { folded, groups } from '../../entities/iam.ts'
import type { PolicyHolder } from '../../entities/iam.ts'
import { invalidInput, noSuchEntity } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { groupFamily, questionOn, roleFamily, userFamily } from './names.ts'
import type { Family, NamedRow } from './names.ts'
import { findPolicy } from './policy-reference.ts'
import { defaultOf, versionsOf } from './policy-versions.ts'

/** One document, with the name that answers give it. */
export interface SourcePolicy {
  readonly name: string
  readonly text: string
  /** Of a managed policy. */
  readonly arn?: string
  /** Whom an inline policy stands in. */
  readonly holder?: { readonly type: 'user' | 'group' | 'role'; readonly name: string }
}

export interface PolicySource {
  /** Inline and managed ones, the groups' included. */
  readonly policies: readonly SourcePolicy[]
  readonly boundary?: SourcePolicy
}

interface Source {
  readonly type: 'user' | 'group' | 'role'
  readonly row: (NamedRow & PolicyHolder & { readonly groups?: readonly string[] }) | undefined
  readonly ask: (action: string) => Ask
}

/** Asks about the entity that the ARN names; its path in the ARN is not looked at. */
export function askOnSource(
  action: string,
): (input: { readonly PolicySourceArn: string }, call: Call, store: Reader) => Promise<readonly [Ask]> {
  return async (input, call, store) => {
    const source = await find(input.PolicySourceArn, call, store)
    if (source === undefined) return [{ action, resource: input.PolicySourceArn }]
    return [source.ask(action)]
  }
}

/** @throws InvalidInput for an ARN of something else, NoSuchEntity */
export async function policiesOfSource(arn: string, call: Call, store: Reader): Promise<PolicySource> {
  const source = await find(arn, call, store)
  if (source === undefined) throw invalidInput(`Invalid Entity Arn: ${arn} is not supported.`)
  if (source.row === undefined) throw noSuchEntity('Unable to retrieve specified IAM entity.')
  const holders: { readonly type: Source['type']; readonly row: NamedRow & PolicyHolder }[] = [
    { type: source.type, row: source.row },
  ]
  for (const name of source.row.groups ?? []) {
    const group = await store.get(groups, call.account, folded(name))
    if (group) holders.push({ type: 'group', row: group })
  }
  const policies: SourcePolicy[] = []
  for (const { type, row } of holders) {
    policies.push(...row.inline.map(({ name, text }) => ({ name, text, holder: { type, name: row.name } })))
    for (const attached of row.attached) policies.push(await managed(attached, call, store))
  }
  const { boundary } = source.row
  return { policies, ...(boundary === undefined ? {} : { boundary: await managed(boundary, call, store) }) }
}

async function managed(arn: string, call: Call, store: Reader): Promise<SourcePolicy> {
  const found = await findPolicy(arn, call, store)
  const version = found && versionsOf(found).find((item) => item.id === defaultOf(found))
  if (!found || !version) throw new Error(`the policy ${arn} is attached and not there`)
  return { name: found.kind === 'local' ? found.row.name : found.policy.name, text: version.text, arn }
}

async function find(arn: string, call: Call, store: Reader): Promise<Source | undefined> {
  const parts = parseArn(arn)
  const resource = parts?.service === 'iam' ? splitIamResource(parts.resource) : undefined
  if (!parts || !resource || accountId(parts.account) !== call.account) return undefined
  const { name } = resource
  const as = async <Row extends NamedRow & PolicyHolder, Input>(
    type: Source['type'],
    family: Family<Row, Input>,
  ): Promise<Source> => {
    const row = await store.get(family.kind, call.account, folded(name))
    return { type, row, ask: (action) => questionOn(family, action, call.account, { name, row }) }
  }
  if (resource.kind === 'user') return as('user', userFamily)
  if (resource.kind === 'group') return as('group', groupFamily)
  return resource.kind === 'role' ? as('role', roleFamily) : undefined
}
