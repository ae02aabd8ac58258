/** GetSessionToken: temporary credentials of the same user, with the mark of a shown MFA code. */
import type { StsOperations } from '@understudy/wire'
import { instant } from '../../domain/brands.ts'
import { folded, users } from '../../entities/iam.ts'
import { accessDenied } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import type { SessionFacts, SignedCaller } from '../../credentials/caller.ts'
import { identityOf } from './caller-identity.ts'
import { sessionCredentials } from './errors.ts'
import { proveMfa } from './mfa.ts'
import { credentialsAnswer, tokenSizeAnswer } from './session-input.ts'

const DEFAULT_SECONDS = 43_200
/** Larger values of the root user are accepted and cut without an error. */
const ROOT_SECONDS_MAX = 3600

export const sessionTokenOperations = {
  GetSessionToken: {
    access: 'read',
    prove: (input, call, store) => {
      requireLongTerm(call)
      return proveMfa(input, call, store)
    },
    // Policies are not asked. IAM User Guide, "Permissions for GetSessionToken".
    ask: (_input, call) => {
      requireLongTerm(call)
      return { noQuestion: 'GetSessionToken needs no permission.' }
    },
    handle: async (input, call, store) => {
      const { caller } = call
      if (!('accessKeyId' in caller)) throw accessDenied('Access Denied')
      const wanted = input.DurationSeconds ?? DEFAULT_SECONDS
      const seconds = caller.kind === 'root' ? Math.min(wanted, ROOT_SECONDS_MAX) : wanted
      const minimum = input.MinimumSessionTokenSize
      const credentials = await call.platform.issuer.issue(
        {
          account: call.account,
          expiresAt: instant((Math.floor(call.now / 1000) + seconds) * 1000),
          holder: await holderOf(caller, call, store),
          sessionPolicies: [],
          sessionPolicyArns: [],
          tags: [],
          transitiveKeys: [],
          ...(call.proof?.mfaAt === undefined ? {} : { mfaAt: call.proof.mfaAt }),
          proof: { kind: 'session-token' },
          chain: { first: { arn: identityOf(caller).arn, accessKeyId: caller.accessKeyId }, length: 1 },
        },
        minimum === undefined ? {} : { minimumTokenSize: minimum },
      )
      return {
        ...credentialsAnswer(credentials),
        ...(minimum === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
      }
    },
  },
} satisfies Operations<StsOperations, 'GetSessionToken'>

/** @throws AwsError AccessDenied */
function requireLongTerm({ caller }: Call): void {
  if ('session' in caller && caller.session) throw sessionCredentials('GetSessionToken')
}

async function holderOf(caller: SignedCaller, call: Call, store: Reader): Promise<SessionFacts['holder']> {
  if (caller.kind === 'root') return { kind: 'root' }
  const user = caller.kind === 'user' ? await store.get(users, call.account, folded(caller.userName)) : undefined
  if (!user) throw sessionCredentials('GetSessionToken')
  return { kind: 'user', name: user.name, path: user.path, id: user.id }
}
