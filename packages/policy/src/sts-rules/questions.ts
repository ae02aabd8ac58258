/** Which permissions one call asks for: passing tags or a source identity is authorized apart (policy-semantics 6.3, 6.4). */

export interface AssumeCall {
  /** sts:AssumeRole, sts:AssumeRoleWithSAML or sts:AssumeRoleWithWebIdentity. */
  readonly action: string
  /** Tags passed, or inherited from the calling session. */
  readonly hasTags: boolean
  /** A source identity passed, or inherited. */
  readonly hasSourceIdentity: boolean
}

/** Actions to ask about, in the order in which a refusal is told; all of them on the role. */
export const assumeQuestions = ({ action, hasTags, hasSourceIdentity }: AssumeCall): readonly string[] => [
  action,
  ...(hasTags ? ['sts:TagSession'] : []),
  ...(hasSourceIdentity ? ['sts:SetSourceIdentity'] : []),
]
