/** SimulateCustomPolicy and SimulatePrincipalPolicy: many questions at once, with nothing done. */
import { setImmediate } from 'node:timers/promises'
import { matchesArn } from '@understudy/policy'
import type { ReferenceAction } from '@understudy/policy'
import type { Iam, IamOperations } from '@understudy/wire'
import { serviceReference } from '../../entities/reference/load.ts'
import { membershipOf } from '../../authorization/organization-policies.ts'
import { invalidInput } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { cut, positionOf } from './paging.ts'
import { askOnSource, policiesOfSource } from './policy-source.ts'
import { evaluate } from './simulate-evaluate.ts'
import type { Evaluation } from './simulate-evaluate.ts'
import { checkExclusions, isScpExcluded, withoutExcluded } from './simulate-exclusions.ts'
import {
  appliesTo,
  checkActions,
  checkResources,
  checkSameResources,
  defaultResource,
  sharedName,
} from './simulate-resources.ts'
import {
  callerOf,
  givenBoundary,
  givenLevels,
  givenResourcePolicy,
  listedPolicies,
  ownerOf,
  sceneContext,
  simulatedPolicy,
} from './simulate-scene.ts'
import type { Scene } from './simulate-scene.ts'

export const simulationOperations = {
  SimulateCustomPolicy: {
    access: 'read',
    ask: () => [{ action: 'iam:SimulateCustomPolicy', resource: '*' }],
    handle: async (input, call) => answer(input, customScene(input, call), call),
  },
  SimulatePrincipalPolicy: {
    access: 'read',
    ask: askOnSource('iam:SimulatePrincipalPolicy'),
    handle: async (input, call, store) => answer(input, await principalScene(input, call, store), call),
  },
} satisfies Operations<IamOperations, 'SimulateCustomPolicy' | 'SimulatePrincipalPolicy'>

/** Members that both operations have. */
type Shared = Omit<Iam.SimulatePrincipalPolicyRequest, 'PolicySourceArn' | 'PolicyExclusionList'>

function customScene(input: Iam.SimulateCustomPolicyRequest, call: Call): Scene {
  const identity = listedPolicies(input.PolicyInputList, 'PolicyInputList')
  const scp = givenLevels(input.OrderedOrganizationPolicyInputList)
  return { ...sharedScene(input, call, input.CallerArn), identity, ...(scp === undefined ? {} : { scp }) }
}

async function principalScene(input: Iam.SimulatePrincipalPolicyRequest, call: Call, store: Reader): Promise<Scene> {
  const exclusions = input.PolicyExclusionList ?? []
  checkExclusions(exclusions)
  const excluded = withoutExcluded(await policiesOfSource(input.PolicySourceArn, call, store), exclusions)
  const own = excluded.policies.map(({ name, text, holder }) =>
    simulatedPolicy(holder === undefined ? name : `${holder.type}_${holder.name}_${name}`, text),
  )
  const shared = sharedScene(input, call, input.CallerArn ?? userArnOnly(input.PolicySourceArn))
  const given = listedPolicies(input.PolicyInputList ?? [], 'PolicyInputList')
  const stored = excluded.boundary
  const boundary =
    shared.boundary ?? (stored && simulatedPolicy(stored.name, stored.text, 'Permissions Boundary Policy'))
  const membership = await membershipOf(call.account, store)
  const levels = membership?.management === true ? undefined : membership?.scp
  // A level whose policies are all left out is left out itself: it must not deny.
  const scp = levels?.flatMap((level) => {
    const kept = level.filter(({ arn }) => !isScpExcluded(arn, exclusions))
    return level.length > 0 && kept.length === 0 ? [] : [kept]
  })
  return {
    ...shared,
    identity: [...own, ...given],
    ...(boundary === undefined ? {} : { boundary }),
    ...(scp === undefined ? {} : { scp }),
  }
}

/** A group calls nothing: its policies are simulated for nobody in particular. */
const userArnOnly = (arn: string): string | undefined => (matchesArn('arn:*:iam::*:group/*', arn) ? undefined : arn)

/** What both take from the request. @throws AwsError InvalidInput */
function sharedScene(input: Shared, call: Call, callerArn: string | undefined): Omit<Scene, 'identity' | 'scp'> {
  checkActions(input.ActionNames)
  checkResources(input.ResourceArns ?? [])
  const caller = callerOf(callerArn, call.account)
  const boundary = givenBoundary(input.PermissionsBoundaryPolicyInputList)
  const resourcePolicy = givenResourcePolicy(input)
  if (resourcePolicy && !caller.named) throw invalidInput('CallerArn is required to simulate a resource policy.')
  return {
    principal: caller.principal,
    account: caller.account,
    resourceOwner: ownerOf(input.ResourceOwner, caller.account),
    ...sceneContext(input.ContextEntries, caller),
    ...(boundary === undefined ? {} : { boundary }),
    ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
  }
}

const invalidMarker = () => invalidInput('Invalid marker for pagination.')

/** Evaluations between two turns of the event loop: others wait for some milliseconds at most. */
const EVALUATIONS_PER_TURN = 200

/** Evaluates what the page holds, and no more. */
async function answer(input: Shared, scene: Scene, call: Call): Promise<Iam.SimulatePolicyResponse> {
  const reference = serviceReference()
  if ((input.ResourceArns ?? []).length > 0) checkSameResources(input.ActionNames, reference)
  const scope = [call.operation, call.account, JSON.stringify({ ...input, Marker: undefined, MaxItems: undefined })]
  const after = Number(positionOf(input, scope, invalidMarker) ?? -1)
  const numbered = input.ActionNames.map((action, index) => ({ action, index })).slice(after + 1)
  const page = cut(numbered, ({ index }) => String(index), input, scope)
  const results: Iam.EvaluationResult[] = []
  let evaluations = 0
  for (const { action } of page.items) {
    results.push(result(input, scene, action, reference.action(action)))
    evaluations += Math.max(1, input.ResourceArns?.length ?? 0)
    if (evaluations < EVALUATIONS_PER_TURN) continue
    evaluations = 0
    await setImmediate()
  }
  return { EvaluationResults: results, ...page.more }
}

function result(input: Shared, scene: Scene, action: string, known: ReferenceAction | undefined): Iam.EvaluationResult {
  const named = input.ResourceArns ?? []
  const resources = named.length > 0 ? named : [defaultResource(action, scene.account)]
  const evaluations = resources.map((resource) => evaluate(scene, action, resource, appliesTo(known, resource)))
  const whole = joined(evaluations)
  return {
    EvalActionName: action,
    EvalResourceName: resources.length === 1 ? (resources[0] ?? '*') : sharedName(known, resources),
    ...members(whole),
    EvalDecision: whole.decision,
    ...(whole.byOrganizations === undefined
      ? {}
      : { OrganizationsDecisionDetail: { AllowedByOrganizations: whole.byOrganizations } }),
    ...(named.length === 0
      ? {}
      : {
          EvalDecisionDetails: whole.details,
          ResourceSpecificResults: evaluations.map((one) => ({
            EvalResourceName: one.resource,
            EvalResourceDecision: one.decision,
            ...members(one),
            ...(Object.keys(one.details).length === 0 ? {} : { EvalDecisionDetails: one.details }),
          })),
        }),
  }
}

const members = ({ matched, missing, byBoundary }: Evaluation) => ({
  MatchedStatements: matched,
  MissingContextValues: missing,
  ...(byBoundary === undefined
    ? {}
    : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: byBoundary } }),
})

/** Over several resources a deny decides, else one that nothing allows (policy-semantics 4.26). */
function joined(evaluations: readonly Evaluation[]): Evaluation {
  const worst = (['explicitDeny', 'implicitDeny', 'allowed'] as const)
    .map((decision) => evaluations.filter((one) => one.decision === decision))
    .find((found) => found.length > 0)
  const [first] = worst ?? []
  if (!worst || !first) throw new Error('a simulation without resources')
  const unique = new Map(worst.flatMap((one) => one.matched).map((statement) => [JSON.stringify(statement), statement]))
  const boundaries = evaluations.map((one) => one.byBoundary)
  return {
    ...first,
    matched: [...unique.values()],
    missing: [...new Set(worst.flatMap((one) => one.missing))],
    ...(first.byBoundary === undefined ? {} : { byBoundary: !boundaries.includes(false) }),
  }
}
