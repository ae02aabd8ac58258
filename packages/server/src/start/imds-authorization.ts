/** How the metadata service asks: may EC2 assume this role? The same judge, the same journal, no HTTP request. */
import { explain } from '@understudy/policy'
import { judge } from '../authorization/authorize.ts'
import { uuid } from '../domain/chance.ts'
import type { AssumeDecision, ImdsParts } from '../imds/types.ts'
import type { Core } from '../main.ts'

export function imdsAuthorization(core: Core): ImdsParts['authorize'] {
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
      service: 'ec2',
      operation: 'AssumeRole',
      principal: caller.kind === 'service' ? caller.name : caller.kind,
      ...(ask.resourceAccount === undefined ? {} : { account: ask.resourceAccount }),
      clientIp: '',
      userAgent: 'understudy instance metadata',
      questions: [judged],
      revision: String(picture.head.revision),
    })
    if (judged.decision.effect === 'Allow') return { allowed: true, decisionId }
    const code = judged.diagnosis ?? explain(judged.request, judged.set).code ?? judged.decision.reason
    const explanation = `ec2.amazonaws.com is not allowed to assume ${ask.resource} (${code}; understudy why ${decisionId}).`
    return { allowed: false, decisionId, explanation }
  }
}
