/** What AssumeRole knows better than the engine when a trust policy says no: who the policy was written for, and where tags came from. */
import { explain } from '@understudy/policy'
import type { Ask } from '../../authorization/question.ts'
import type { SessionTag, SignedCaller } from '../../credentials/caller.ts'
import type { Role } from '../../entities/iam.ts'

type WhenDenied = NonNullable<Ask['whenDenied']>
type Finding = ReturnType<WhenDenied>

export interface TrustScene {
  readonly caller: SignedCaller
  readonly role: Role
  /** Tags of the call itself. */
  readonly passed: readonly SessionTag[]
  /** Transitive tags of the caller's session. */
  readonly inherited: readonly SessionTag[]
  /** How the caller came to be: `arn → arn → arn`. */
  readonly chain: string
}

/** Sharpens the engine's code where the parameters and the caller's session tell more. */
export function findTrustFault({ request, set }: Parameters<WhenDenied>[0], scene: TrustScene): Finding {
  switch (explain(request, set).code) {
    case 'TRUST.TAGSESSION_MISSING':
      return tagFinding(scene)
    case 'TRUST.SOURCEIDENTITY_MISSING':
      return sourceIdentityFinding(scene)
    case 'ASSUME.TRUST_NO_MATCH':
      return staleFinding(scene)
    default:
      return {}
  }
}

function tagFinding({ passed, inherited, chain }: TrustScene): Finding {
  const details = {
    ...(passed.length === 0 ? {} : { tagsOfTheCall: asMembers(passed) }),
    ...(inherited.length === 0 ? {} : { inheritedTags: asMembers(inherited) }),
  }
  if (passed.length === 0)
    return {
      diagnosis: 'TRUST.TRANSITIVE_TAGS',
      note:
        `The call passes no tags. The caller's session carries transitive ones (${names(inherited)}), which go into every later ` +
        `session and need sts:TagSession at every hop. The chain: ${chain}.`,
      details,
    }
  const also = inherited.length === 0 ? '' : ` The session brings ${names(inherited)} besides.`
  return {
    note:
      `The client passes tags with this call: ${names(passed)}.${also} Either allow sts:TagSession beside sts:AssumeRole, ` +
      'or tell the client not to pass tags.',
    details,
  }
}

const names = (tags: readonly SessionTag[]): string => tags.map(({ key }) => `\`${key}\``).join(', ')
const asMembers = (tags: readonly SessionTag[]) => Object.fromEntries(tags.map(({ key, value }) => [key, value]))

function sourceIdentityFinding({ caller, chain }: TrustScene): Finding {
  const inherited = caller.session?.sourceIdentity
  if (inherited === undefined) return { note: 'The source identity came with this call.' }
  return {
    note:
      `The source identity \`${inherited}\` was set at an earlier hop and goes into every later session, so each role of the ` +
      `chain must allow sts:SetSourceIdentity. The chain: ${chain}.`,
  }
}

/** A policy is bound to the unique id of whom it names: a namesake that was made later is somebody else. */
function staleFinding({ caller, role }: TrustScene): Finding {
  const own = ownName(caller)
  const bound = own && role.trustBindings[own.arn]
  if (own === undefined || bound === undefined || bound === own.id) return {}
  return {
    diagnosis: 'TRUST.STALE_PRINCIPAL_ID',
    note:
      `The trust policy was written for another \`${own.arn}\`, of the unique id ${bound}, which is gone. The caller has the ` +
      `same name and the id ${own.id}. Save the trust policy again, and it names the caller.`,
  }
}

function ownName(caller: SignedCaller): { readonly arn: string; readonly id: string } | undefined {
  const { principal } = caller
  if (caller.kind === 'user' && principal.kind === 'user') return { arn: principal.arn, id: caller.userId }
  if (caller.kind !== 'role-session' || principal.kind !== 'role-session') return undefined
  return { arn: principal.roleArn, id: caller.roleId }
}
