/** How services ask without an HTTP request (EC2 for its instances, an operator as a service): the same judge, the same journal. */
import { explain } from '@understudy/policy'
import { judge } from '../authorization/authorize.ts'
import { uuid } from '../domain/chance.ts'
import type { AssumeDecision, ImdsParts } from '../imds/types.ts'
import type { Core } from '../main.ts'

export function serviceAuthorization(core: Core): ImdsParts['authorize'] {
  const { platform, store } = core
  return async (caller, ask): Promise<AssumeDecision> => {
    const picture = await store.fresh()
    const now = platform.clock.session()
    const judged = await judge(ask, { caller, region: 'us-east-1', now, secure: true }, picture, platform.catalogue)
    const decisionId = platform.journal.newDecisionId()
    platform.journal.record({
      decisionId,
      requestId: uuid(platform.chance),
      at: now,
      service: caller.kind === 'service' ? (caller.name.split('.')[0] ?? caller.name) : 'sts',
      operation: 'AssumeRole',
      principal: caller.kind === 'service' ? caller.name : caller.kind,
      ...(ask.resourceAccount === undefined ? {} : { account: ask.resourceAccount }),
      clientIp: '',
      userAgent: 'understudy',
      questions: [judged],
      revision: String(picture.head.revision),
    })
    if (judged.decision.effect === 'Allow') return { allowed: true, decisionId }
    const code = judged.diagnosis ?? explain(judged.request, judged.set).code ?? judged.decision.reason
    const name = caller.kind === 'service' ? caller.name : caller.kind
    const explanation = `${name} is not allowed to assume ${ask.resource} (${code}; understudy why ${decisionId}).`
    return { allowed: false, decisionId, explanation }
  }
}
