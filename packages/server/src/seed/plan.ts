/** What applying a seed does, in steps that people read. */

export interface PlanStep {
  readonly action: 'create' | 'change'
  /** `user`, `role`, `bucket` … */
  readonly kind: string
  /** Account id; `*` for the organization. */
  readonly account: string
  readonly name: string
  /** What differs, for a change. */
  readonly changes: readonly string[]
  /** The step in a sentence: `change role Reader in 111122223333: attach ReadReports`. */
  readonly text: string
}

/** A long-term key that was made with a random secret: shown once, as CreateAccessKey does. */
export interface NewKey {
  readonly accountId: string
  /** `<root>` for the root user. */
  readonly userName: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Plan {
  /** Empty when everything is as the seed says. */
  readonly steps: readonly PlanStep[]
  readonly newKeys: readonly NewKey[]
}

export function planStep(step: Omit<PlanStep, 'text'>): PlanStep {
  const place = step.account === '*' ? '' : ` in ${step.account}`
  const changes = step.changes.length === 0 ? '' : `: ${step.changes.join('; ')}`
  return { ...step, text: `${step.action} ${step.kind} ${step.name}${place}${changes}` }
}
