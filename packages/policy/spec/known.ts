/**
 * Disagreements that are known and written up in `disagreements.md`: cases of these forms are counted, not compared.
 * A row goes when the question behind it is settled.
 */
import type { AttachedPolicy, PolicySet, RequestContext } from '@understudy/policy'

export interface Known {
  /** Heading in `disagreements.md`. */
  readonly id: string
  readonly covers: (request: RequestContext, set: PolicySet) => boolean
}

export const KNOWN: readonly Known[] = [
  // An ArnLike pattern of six parts that does not begin with `arn`.
  {
    id: 'D5',
    covers: ({ context }, set) =>
      textsOf(set).some((text) => text.includes('"nar:')) ||
      [...context.values()].flat().some((value) => value.startsWith('nar:')),
  },
]

/** D2: the set without the layers that the caller cannot have by the table of 4.2. */
export function ownLayers({ principal, flags }: RequestContext, set: PolicySet): PolicySet {
  const linked = flags?.serviceLinkedRole === true
  const owned = !linked && ['user', 'role-session', 'federated-user'].includes(principal.kind)
  return {
    ...set,
    boundary: owned ? set.boundary : undefined,
    session: linked || principal.kind === 'user' ? undefined : set.session,
    scopeDown: linked ? undefined : set.scopeDown,
  }
}

/** The text of every policy that takes part. */
const textsOf = (set: PolicySet): readonly string[] =>
  Object.values(set)
    .flat(2)
    .flatMap((attached: AttachedPolicy | undefined) => attached?.policy.text ?? [])
