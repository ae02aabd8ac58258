/** Long-term access keys of users and of the root user. The secret is shown once and kept sealed. */
import type { Iam, IamOperations } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import { rootArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import { newSecretAccessKey, newUniqueId } from '../../domain/identifiers.ts'
import { accessKeys, accessKeySealOwner } from '../../entities/iam.ts'
import type { AccessKey } from '../../entities/iam.ts'
import { accessDenied, invalidInput, limitExceeded, noSuchEntity } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { askOn, callerArn, creationTime, existing, userFamily } from './names.ts'
import { pageOf } from './paging.ts'
import { callerName } from './users.ts'

const KEYS_PER_USER = 2

export const accessKeyOperations = {
  CreateAccessKey: {
    access: 'write',
    ask: askOnOwner('iam:CreateAccessKey'),
    handle: async (input, call, store) => {
      const owner = await ownerOf(input, call, store)
      if ((await store.find(accessKeys, call.account, 'owner', owner.id)).length >= KEYS_PER_USER)
        throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`)
      const { chance, vault } = call.platform
      const id = newUniqueId('AKIA', call.account, chance)
      const secret = newSecretAccessKey(chance)
      const key: AccessKey = {
        id,
        ownerId: owner.id,
        ...(owner.name === undefined ? {} : { userName: owner.name }),
        status: 'Active',
        createdAt: creationTime(call),
        sealedSecret: vault.seal(secret, accessKeySealOwner(call.account, id, owner.id)),
      }
      await store.insert(accessKeys, call.account, key)
      return { AccessKey: { ...keyView(key), SecretAccessKey: secret } as Iam.AccessKey }
    },
  },
  ListAccessKeys: {
    access: 'read',
    ask: askOnOwner('iam:ListAccessKeys'),
    handle: async (input, call, store) => {
      const owner = await ownerOf(input, call, store)
      const keys = await store.find(accessKeys, call.account, 'owner', owner.id)
      const page = pageOf(keys, (key) => key.id, input, ['ListAccessKeys', call.account, owner.id])
      return { AccessKeyMetadata: page.items.map(keyView), ...page.more }
    },
  },
  UpdateAccessKey: {
    access: 'write',
    ask: askOnOwner('iam:UpdateAccessKey'),
    handle: async (input, call, store) => {
      const key = await keyOf(input, call, store)
      if (input.Status === 'Expired') throw invalidInput('Operation does not support status Expired')
      await store.put(accessKeys, call.account, { ...key, status: input.Status })
      return {}
    },
  },
  DeleteAccessKey: {
    access: 'write',
    ask: askOnOwner('iam:DeleteAccessKey'),
    handle: async (input, call, store) => {
      const key = await keyOf(input, call, store)
      await store.remove(accessKeys, call.account, accessKeys.key(key))
      return {}
    },
  },
  GetAccessKeyLastUsed: {
    access: 'read',
    // Authorized on the owner of the key. Nobody owns an unknown key: the handler answers what a refusal would say.
    ask: async (input, call, store) => {
      const key = await store.get(accessKeys, call.account, input.AccessKeyId)
      if (key === undefined) return { noQuestion: 'the account has no such key, and the answer is a refusal' }
      return askOnOwner('iam:GetAccessKeyLastUsed')({ UserName: key.userName }, call, store)
    },
    handle: async (input, call, store) => {
      const key = await store.get(accessKeys, call.account, input.AccessKeyId)
      if (key === undefined)
        throw accessDenied(
          `User: ${callerArn(call)} is not authorized to perform iam:GetAccessKeyLastUsed on resource: ` +
            `access key ${input.AccessKeyId}`,
        )
      return {
        ...(key.userName === undefined ? {} : { UserName: key.userName }),
        // The last use is not kept: AWS answers this for a key that was not used, or only just now.
        AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' },
      }
    },
  },
} satisfies Operations<
  IamOperations,
  'CreateAccessKey' | 'ListAccessKeys' | 'UpdateAccessKey' | 'DeleteAccessKey' | 'GetAccessKeyLastUsed'
>

interface OwnerInput {
  readonly UserName?: string | undefined
}

/** Without UserName the call is about the caller. */
function askOnOwner(action: string): (input: OwnerInput, call: Call, store: Reader) => Promise<Asks> {
  return async (input, call, store) => {
    const name = input.UserName ?? callerName(call)
    if (name !== undefined) return askOn(userFamily, action)({ UserName: name }, call, store)
    return [{ action, resource: rootArn(call.account) }]
  }
}

interface Owner {
  /** Unique id of the user, the account id for the root user. */
  readonly id: string
  readonly name?: string
}

async function ownerOf(input: OwnerInput, call: Call, store: Reader): Promise<Owner> {
  const name = input.UserName ?? callerName(call)
  return name === undefined ? { id: call.account } : existing(userFamily, store, call.account, name)
}

async function keyOf(
  input: OwnerInput & { readonly AccessKeyId: string },
  call: Call,
  store: Reader,
): Promise<AccessKey> {
  const owner = await ownerOf(input, call, store)
  const key = await store.get(accessKeys, call.account, input.AccessKeyId)
  if (key === undefined || key.ownerId !== owner.id)
    throw noSuchEntity(`The Access Key with id ${input.AccessKeyId} cannot be found.`)
  return key
}

const keyView = (key: AccessKey): Iam.AccessKeyMetadata => ({
  ...(key.userName === undefined ? {} : { UserName: key.userName }),
  AccessKeyId: key.id,
  Status: key.status,
  CreateDate: dateOf(key.createdAt),
})
