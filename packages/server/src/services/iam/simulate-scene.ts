/** What one simulation is made of: the policies that take part, who calls, and which keys the request has. */
import { asSimulated, askedKeys, compilePolicy, parsePolicy, requestContext, statementSpans } from '@understudy/policy'
import type { AttachedPolicy, ConditionContext, ContextValue, Principal, StatementSpan } from '@understudy/policy'
import type { Iam } from '@understudy/wire'
import { parseArn, splitIamResource } from '../../domain/arn.ts'
import { accountId } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { invalidInput } from '../../errors/catalogue.ts'
import { givenContext } from './simulate-context.ts'
import { notAnArn } from './simulate-resources.ts'

/** One document of a simulation. `attached.name` is the SourcePolicyId. */
export interface SimulatedPolicy {
  readonly type: 'IAM Policy' | 'Permissions Boundary Policy' | 'Resource Policy'
  readonly attached: AttachedPolicy
  /** Of its statements. */
  readonly spans: readonly StatementSpan[]
  readonly asked: readonly string[]
}

/** Everything but the action and the resource. */
export interface Scene {
  readonly identity: readonly SimulatedPolicy[]
  readonly boundary?: SimulatedPolicy
  readonly resourcePolicy?: SimulatedPolicy
  /** From the organization's root down; absent where none were given. */
  readonly scp?: readonly (readonly AttachedPolicy[])[]
  readonly principal: Principal
  readonly account: AccountId
  /** Owner of resources whose ARN names no account. */
  readonly resourceOwner: AccountId
  readonly context: ConditionContext
  /** Keys in lower case that were given or follow from the caller; any other one is missing. */
  readonly given: ReadonlySet<string>
}

export function simulatedPolicy(
  id: string,
  text: string,
  type: SimulatedPolicy['type'] = 'IAM Policy',
): SimulatedPolicy {
  const policy = asSimulated(compilePolicy(text))
  return { type, attached: { name: id, policy }, spans: statementSpans(text), asked: askedKeys(text) }
}

/** Documents of a list of the request. @throws AwsError InvalidInput for the first that is no identity policy */
export function listedPolicies(
  texts: readonly string[],
  list: string,
  type?: SimulatedPolicy['type'],
): SimulatedPolicy[] {
  return texts.map((text, index) => {
    if (!parsePolicy(text, 'inline').ok) throw invalidInput(`Policy input list item ${index + 1} has invalid content`)
    return simulatedPolicy(`${list}.${index + 1}`, text, type)
  })
}

/** @throws AwsError InvalidInput for more than one, or for what is no policy */
export function givenBoundary(texts: readonly string[] | undefined): SimulatedPolicy | undefined {
  if (texts === undefined) return undefined
  if (texts.length > 1) throw invalidInput('The list of Permissions Boundary policies cannot exceed 1 items.')
  return listedPolicies(texts, 'PermissionsBoundaryPolicyInputList', 'Permissions Boundary Policy')[0]
}

/** @throws AwsError InvalidInput for a level without policy, or for what is no policy */
export function givenLevels(
  levels: readonly Iam.OrderedOrganizationPolicyType[] | undefined,
): Scene['scp'] | undefined {
  return levels?.map((level, index) => {
    const texts = level.ServiceControlPolicyInputList ?? []
    if (texts.length === 0)
      throw invalidInput(`Organization policy at index ${index} must contain at least one service control policy`)
    return listedPolicies(texts, `OrderedOrganizationPolicyInputList.${index + 1}`).map(({ attached }) => attached)
  })
}

interface OnResource {
  readonly ResourcePolicy?: string | undefined
  readonly ResourceArns?: readonly string[] | undefined
}

/** Operands that stores refuse are taken here: the document is compiled, not validated. @throws AwsError InvalidInput */
export function givenResourcePolicy({ ResourcePolicy: text, ResourceArns }: OnResource): SimulatedPolicy | undefined {
  if (text === undefined) return undefined
  const policy = compiled(text)
  const open = (ResourceArns ?? ['*']).includes('*')
  if (open) throw invalidInput('Invalid Entity Arn: * does not clearly define entity type and name.')
  const strange = resourcesOf(JSON.parse(text)).find((resource) => !resource.startsWith('arn:'))
  if (strange !== undefined) throw notAnArn(strange)
  return policy
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** Texts of the Resource elements of a document that compiles. */
function resourcesOf(document: { readonly Statement?: unknown }): readonly string[] {
  const statements = listOf(document.Statement) as readonly { readonly Resource?: unknown }[]
  return statements.flatMap(({ Resource }) => listOf(Resource)).filter((resource) => typeof resource === 'string')
}

function compiled(text: string): SimulatedPolicy {
  try {
    return simulatedPolicy('ResourcePolicy', text, 'Resource Policy')
  } catch {
    throw invalidInput('Resource policy has invalid content')
  }
}

/** Whom the simulator takes the caller for when nobody names one. */
const STUB = 'STUB_PRINCIPAL_FOR_POLICY_SIMULATOR'

export interface SimulatedCaller {
  readonly principal: Principal
  readonly account: AccountId
  readonly keys: Readonly<Record<string, ContextValue>>
  /** Do the keys follow from an ARN that was given? */
  readonly named: boolean
}

/** A caller by its ARN: aws:userid is the ARN itself, aws:username exists for users only. @throws AwsError InvalidInput */
export function callerOf(arn: string | undefined, account: AccountId): SimulatedCaller {
  if (arn === undefined) {
    const keys = { 'aws:PrincipalAccount': account, 'aws:userid': STUB }
    return { principal: userPrincipal(STUB, account), account, keys, named: false }
  }
  const parts = parseArn(arn)
  const own = accountId(parts?.account ?? '')
  const named = parts?.service === 'iam' ? splitIamResource(parts.resource) : undefined
  if (own === undefined || named === undefined)
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  const keys = {
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': own,
    'aws:userid': arn,
    ...(named.kind === 'user' ? { 'aws:username': named.name } : {}),
  }
  const principal = named.kind === 'role' ? rolePrincipal(arn, own, named.name) : userPrincipal(arn, own)
  return { principal, account: own, keys, named: true }
}

const userPrincipal = (arn: string, account: AccountId): Principal => ({
  kind: 'user',
  accountId: account,
  arn,
  userId: arn,
})

const rolePrincipal = (arn: string, account: AccountId, name: string): Principal => ({
  kind: 'role-session',
  accountId: account,
  arn: `arn:aws:sts::${account}:assumed-role/${name}/${STUB}`,
  userId: arn,
  roleArn: arn,
})

/** Owner of resources. @throws AwsError InvalidInput for what is no account's root ARN */
export function ownerOf(given: string | undefined, account: AccountId): AccountId {
  if (given === undefined) return account
  const parts = parseArn(given)
  const owner = parts?.service === 'iam' && parts.resource === 'root' ? accountId(parts.account) : undefined
  if (owner === undefined) throw invalidInput(`'${given}' is not a valid as a Resource Owner.`)
  return owner
}

/** Keys of the request: those that follow from the caller, and those given, which win. @throws AwsError InvalidInput */
export function sceneContext(
  entries: readonly Iam.ContextEntry[] | undefined,
  caller: SimulatedCaller,
): Pick<Scene, 'context' | 'given'> {
  const given = givenContext(entries ?? [])
  const own = requestContext(caller.keys)
  return {
    context: new Map([...own, ...given]),
    given: new Set([...given.keys(), ...(caller.named ? own.keys() : [])]),
  }
}
