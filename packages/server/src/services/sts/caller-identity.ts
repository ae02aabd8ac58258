/** GetCallerIdentity and GetAccessKeyInfo: who is this, and whose key is that. */
import type { StsOperations } from '@understudy/wire'
import { accountInside } from '../../domain/identifiers.ts'
import { accessKeys } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { accessDenied } from '../../errors/catalogue.ts'
import type { Caller } from '../../credentials/caller.ts'
import type { Operations } from '../operation.ts'

export const callerOperations = {
  GetCallerIdentity: {
    access: 'read',
    // It succeeds even against an explicit deny. STS API Reference, GetCallerIdentity.
    ask: () => ({ noQuestion: 'GetCallerIdentity needs no permission.' }),
    handle: async (_input, call) => {
      const { arn, userId } = identityOf(call.caller)
      return { Arn: arn, UserId: userId, Account: call.account }
    },
  },
  GetAccessKeyInfo: {
    access: 'read',
    ask: () => [{ action: 'sts:GetAccessKeyInfo', resource: '*' }],
    handle: async (input, _call, store) => {
      const known = await store.findUnique(accessKeys, 'id', input.AccessKeyId)
      const account = known?.account ?? accountInside(input.AccessKeyId)
      if (account === undefined) throw notDecodable(input.AccessKeyId)
      return { Account: account }
    },
  },
} satisfies Operations<StsOperations, 'GetCallerIdentity' | 'GetAccessKeyInfo'>

/** ARN and unique id of a signed caller. @throws AwsError AccessDenied for callers without credentials */
export function identityOf(caller: Caller): { readonly arn: string; readonly userId: string } {
  const { principal } = caller
  if (principal.kind === 'root') return { arn: principal.arn, userId: principal.accountId }
  if (principal.kind === 'user' || principal.kind === 'role-session' || principal.kind === 'federated-user')
    return { arn: principal.arn, userId: principal.userId }
  throw accessDenied('Access Denied')
}

/** AWS's text for such an id was never recorded; the code is that of other bad parameters of STS. */
const notDecodable = (id: string) =>
  new AwsError('ValidationError', 400, `The specified access key id \`${id}\` does not name an account`, {
    diagnosis: 'REQUEST.INVALID',
  })
