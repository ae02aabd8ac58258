/** GetFederationToken: a user hands a part of its own permissions to somebody who has no identity here. */
import type { Sts, StsOperations } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import type { SessionFacts, SignedCaller } from '../../credentials/caller.ts'
import { federatedUserArn } from '../../domain/arn.ts'
import { instant } from '../../domain/brands.ts'
import { accessDenied } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { identityOf } from './caller-identity.ts'
import {
  checkedTags,
  credentialsAnswer,
  packedSize,
  passedPolicies,
  sizeOptions,
  tokenSizeAnswer,
} from './session-input.ts'
import { holderOf, requireLongTerm } from './session-token.ts'

const DEFAULT_SECONDS = 43_200
/** Of the root user; larger values are accepted and cut without an error. */
const ROOT_SECONDS_MAX = 3600

export const federationTokenOperations = {
  GetFederationToken: {
    access: 'read',
    ask: (input, call) => {
      requireLongTerm('GetFederationToken', call)
      checkedTags(input.Tags ?? [], [], [])
      passedPolicies(input, call.account)
      return questions(input, call)
    },
    handle: async (input, call, store) => {
      const { caller } = call
      if (!('accessKeyId' in caller)) throw accessDenied('Access Denied')
      const tags = (input.Tags ?? []).map((tag) => ({ key: tag.Key, value: tag.Value }))
      const packed = packedSize(passedPolicies(input, call.account), tags)
      const minimum = input.MinimumSessionTokenSize
      const facts = await sessionFacts(input, { caller, tags }, call, store)
      const credentials = await call.platform.issuer.issue(facts, sizeOptions(minimum))
      return {
        ...credentialsAnswer(credentials),
        FederatedUser: {
          FederatedUserId: `${call.account}:${input.Name}`,
          Arn: federatedUserArn(call.account, input.Name),
        },
        ...(packed === undefined ? {} : { PackedPolicySize: packed }),
        ...(minimum === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
      }
    },
  },
} satisfies Operations<StsOperations, 'GetFederationToken'>

/** Both questions are about the federated user, which is where the tags appear. IAM User Guide, "Pass session tags in AWS STS". */
function questions(input: Sts.GetFederationTokenRequest, call: Call): Asks {
  const tags = input.Tags ?? []
  const base = {
    resource: federatedUserArn(call.account, input.Name),
    context: {
      'aws:TagKeys': tags.length > 0 ? tags.map((tag) => tag.Key) : undefined,
      ...Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value])),
    },
  }
  const ask = { ...base, action: 'sts:GetFederationToken' }
  return tags.length > 0 ? [ask, { ...base, action: 'sts:TagSession' }] : [ask]
}

async function sessionFacts(
  input: Sts.GetFederationTokenRequest,
  by: { readonly caller: SignedCaller; readonly tags: SessionFacts['tags'] },
  call: Call,
  store: Reader,
): Promise<Omit<SessionFacts, 'accessKeyId' | 'issuedAt'>> {
  const { caller, tags } = by
  const policies = passedPolicies(input, call.account)
  const wanted = input.DurationSeconds ?? DEFAULT_SECONDS
  const seconds = caller.kind === 'root' ? Math.min(wanted, ROOT_SECONDS_MAX) : wanted
  return {
    account: call.account,
    expiresAt: instant((Math.floor(call.now / 1000) + seconds) * 1000),
    holder: await holderOf('GetFederationToken', caller, call, store),
    sessionName: input.Name,
    sessionPolicies: policies.inline,
    sessionPolicyArns: policies.managed,
    tags,
    transitiveKeys: [],
    proof: { kind: 'federation-token' },
    chain: { first: { arn: identityOf(caller).arn, accessKeyId: caller.accessKeyId }, length: 1 },
  }
}
