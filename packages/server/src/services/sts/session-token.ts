/** GetSessionToken: temporary credentials of the same user, with the mark of a shown MFA code. */
import { durationOf } from '@understudy/policy'
import type { StsOperations } from '@understudy/wire'
import { instant } from '../../domain/brands.ts'
import { folded, users } from '../../entities/iam.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import type { SessionFacts, SignedCaller } from '../../credentials/caller.ts'
import { identityOf } from './caller-identity.ts'
import { sessionCredentials } from './errors.ts'
import { proveMfa } from './mfa.ts'
import { credentialsAnswer, sizeOptions, tokenSizeAnswer } from './session-input.ts'

export const sessionTokenOperations = {
  GetSessionToken: {
    access: 'read',
    prove: (input, call, store) => {
      requireLongTerm('GetSessionToken', call)
      return proveMfa(input, call, store)
    },
    // Policies are not asked. IAM User Guide, "Permissions for GetSessionToken".
    ask: (_input, call) => {
      requireLongTerm('GetSessionToken', call)
      return { noQuestion: 'GetSessionToken needs no permission.' }
    },
    handle: async (input, call, store) => {
      const { caller } = call
      if (!('accessKeyId' in caller)) throw accessDenied('Access Denied')
      const seconds = tokenSeconds(caller, input.DurationSeconds)
      const minimum = input.MinimumSessionTokenSize
      const credentials = await call.platform.issuer.issue(
        {
          account: call.account,
          expiresAt: instant((Math.floor(call.now / 1000) + seconds) * 1000),
          holder: await holderOf('GetSessionToken', caller, call, store),
          sessionPolicies: [],
          sessionPolicyArns: [],
          tags: [],
          transitiveKeys: [],
          ...(call.proof?.mfaAt === undefined ? {} : { mfaAt: call.proof.mfaAt }),
          proof: { kind: 'session-token' },
          chain: { first: { arn: identityOf(caller).arn, accessKeyId: caller.accessKeyId }, length: 1 },
        },
        sizeOptions(minimum),
      )
      return {
        ...credentialsAnswer(credentials),
        ...(minimum === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
      }
    },
  },
} satisfies Operations<StsOperations, 'GetSessionToken'>

/** The model has checked the bounds; larger values of the root user are cut without an error. @throws AwsError ValidationError */
function tokenSeconds(caller: SignedCaller, requested: number | undefined): number {
  const duration = durationOf('GetSessionToken', caller.kind === 'root' ? 'root' : 'user', requested)
  if (!duration.ok) throw validationError(duration.problem.message)
  return duration.durationSeconds
}

/** Temporary credentials make no further ones by these two operations. @throws AwsError AccessDenied */
export function requireLongTerm(operation: string, { caller }: Call): void {
  if ('session' in caller && caller.session) throw sessionCredentials(operation)
}

/** Whose permissions the session has: those of the user, or of the root user. @throws AwsError for another kind of caller */
export async function holderOf(
  operation: string,
  caller: SignedCaller,
  call: Call,
  store: Reader,
): Promise<SessionFacts['holder']> {
  if (caller.kind === 'root') return { kind: 'root' }
  const user = caller.kind === 'user' ? await store.get(users, call.account, folded(caller.userName)) : undefined
  if (!user) throw sessionCredentials(operation)
  return { kind: 'user', name: user.name, path: user.path, id: user.id }
}
