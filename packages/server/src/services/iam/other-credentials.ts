/**
 * Credentials of users that cannot be made here: passwords, SSH keys, signing certificates, service-specific credentials. Nobody
 * has any, so lists are truly empty and a login profile is truly missing; tools that clear a user before they delete it ask.
 */
import type { IamOperations } from '@understudy/wire'
import { rootArn } from '../../domain/arn.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Asks } from '../../authorization/question.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { askOn, existing, userFamily } from './names.ts'
import { callerName } from './users.ts'

interface OwnerInput {
  readonly UserName?: string | undefined
}

const askOnOwner =
  (action: string) =>
  async (input: OwnerInput, call: Call, store: Reader): Promise<Asks> => {
    const name = input.UserName ?? callerName(call)
    if (name !== undefined) return askOn(userFamily, action)({ UserName: name }, call, store)
    return [{ action, resource: rootArn(call.account) }]
  }

/** @throws AwsError NoSuchEntity for a user that is not there */
async function ownerName(input: OwnerInput, call: Call, store: Reader): Promise<string | undefined> {
  const name = input.UserName ?? callerName(call)
  return name === undefined ? undefined : (await existing(userFamily, store, call.account, name)).name
}

async function noProfile(input: OwnerInput, call: Call, store: Reader): Promise<never> {
  throw noSuchEntity(`Login Profile for User ${(await ownerName(input, call, store)) ?? 'null'} cannot be found.`)
}

export const otherCredentialOperations = {
  ListSSHPublicKeys: {
    access: 'read',
    ask: askOnOwner('iam:ListSSHPublicKeys'),
    handle: async (input, call, store) => {
      await ownerName(input, call, store)
      return { IsTruncated: false, SSHPublicKeys: [] }
    },
  },
  ListSigningCertificates: {
    access: 'read',
    ask: askOnOwner('iam:ListSigningCertificates'),
    handle: async (input, call, store) => {
      await ownerName(input, call, store)
      return { Certificates: [], IsTruncated: false }
    },
  },
  ListServiceSpecificCredentials: {
    access: 'read',
    ask: askOnOwner('iam:ListServiceSpecificCredentials'),
    handle: async (input, call, store) => {
      if (input.AllUsers !== true) await ownerName(input, call, store)
      return { ServiceSpecificCredentials: [], IsTruncated: false }
    },
  },
  GetLoginProfile: { access: 'read', ask: askOnOwner('iam:GetLoginProfile'), handle: noProfile },
  DeleteLoginProfile: { access: 'read', ask: askOnOwner('iam:DeleteLoginProfile'), handle: noProfile },
} satisfies Operations<
  IamOperations,
  | 'ListSSHPublicKeys'
  | 'ListSigningCertificates'
  | 'ListServiceSpecificCredentials'
  | 'GetLoginProfile'
  | 'DeleteLoginProfile'
>
