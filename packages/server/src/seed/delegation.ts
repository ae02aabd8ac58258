/** Partners of IAM temporary delegation: what AWS's onboarding registers. Requests keep the policy that they were made with. */
import { partnerBoundaryArn } from '../domain/arn.ts'
import { foreignBoundary } from '../authorization/partner-boundaries.ts'
import { DELEGATION_PARTNER, delegationPartners, partnerBoundaries } from '../entities/delegation.ts'
import type { DelegationPartner, PolicyTemplate } from '../entities/delegation.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { sameDocument } from './same.ts'
import type { DelegationPartnerSeed, PartnerBoundarySeed, PolicyTemplateSeed } from './types.ts'
import { refuse } from './work.ts'
import type { Work } from './work.ts'

export async function ensureDelegationPartner(work: Work, wanted: DelegationPartnerSeed): Promise<void> {
  const { store, account } = work
  const before = await store.get(delegationPartners, account, DELEGATION_PARTNER)
  if (before !== undefined && before.domain !== wanted.domain)
    refuse(
      wanted.line,
      `delegation partner ${wanted.name}`,
      `its domain is ${before.domain}, which stands in ARNs that others hold: it cannot be changed`,
    )
  for (const boundary of wanted.permissionsBoundaries ?? []) await ensureBoundary(work, wanted, boundary)
  for (const template of wanted.policyTemplates) await checkBoundaries(work, template)
  const templates = wanted.policyTemplates.map((template) => kept(template, before))
  const others = (before?.templates ?? []).filter(({ name }) => !templates.some((template) => template.name === name))
  const next: DelegationPartner = { name: wanted.name, domain: wanted.domain, templates: [...others, ...templates] }
  const changes =
    before === undefined
      ? []
      : [
          ...(before.name === next.name ? [] : [`name ${next.name}`]),
          ...templates.filter((template) => !before.templates.includes(template)).map(({ name }) => `template ${name}`),
        ]
  if (before !== undefined && changes.length === 0) return
  await store.put(delegationPartners, account, next)
  work.record({
    action: before === undefined ? 'create' : 'change',
    kind: 'delegation partner',
    name: wanted.name,
    changes,
  })
}

/** The template as it is, where the seed says the same. */
function kept({ name, document }: PolicyTemplateSeed, before: DelegationPartner | undefined): PolicyTemplate {
  const same = before?.templates.find((template) => template.name === name)
  return same !== undefined && sameDocument(same.text, document.value) ? same : { name, text: document.value }
}

async function ensureBoundary(
  work: Work,
  { domain }: DelegationPartnerSeed,
  { name, document, line }: PartnerBoundarySeed,
): Promise<void> {
  const arn = partnerBoundaryArn(domain, name)
  const before = await work.store.get(partnerBoundaries, EVERYWHERE, arn)
  if (before !== undefined && before.owner !== work.account)
    refuse(line, `permissions boundary ${name}`, `account ${before.owner} has registered ${arn}`)
  if (before !== undefined && !sameDocument(before.text, document.value))
    refuse(line, `permissions boundary ${name}`, `${arn} cannot be changed: register another one, with a new date`)
  if (before !== undefined) return
  await work.store.put(partnerBoundaries, EVERYWHERE, { arn, name, owner: work.account, text: document.value })
  work.record({ action: 'create', kind: 'partner permissions boundary', name: arn, changes: [] })
}

/** Boundaries that a template demands must be there: AWS's own, or the partner's. */
async function checkBoundaries(work: Work, { name, document }: PolicyTemplateSeed): Promise<void> {
  const { account, parts, store } = work
  const arn = await foreignBoundary(document.value, account, parts.catalogue, store)
  if (arn !== undefined)
    refuse(document.line, `policy template ${name}`, `the permissions boundary ${arn} is neither AWS's nor registered`)
}
