/** The password policy of an account, through the official client. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DeleteAccountPasswordPolicyCommand,
  GetAccountPasswordPolicyCommand,
  UpdateAccountPasswordPolicyCommand,
} from '@aws-sdk/client-iam'
import { HOME, openIamWorld } from './client.ts'

const missing = {
  name: 'NoSuchEntityException',
  message: `The Password Policy with domain name ${HOME} cannot be found.`,
}
const DEFAULTS = {
  MinimumPasswordLength: 6,
  RequireSymbols: false,
  RequireNumbers: false,
  RequireUppercaseCharacters: false,
  RequireLowercaseCharacters: false,
  AllowUsersToChangePassword: false,
  ExpirePasswords: false,
}

test('a policy is set as a whole, shown, and deleted once', async (context) => {
  const { admin } = await openIamWorld(context)
  const get = async () => (await admin.send(new GetAccountPasswordPolicyCommand({}))).PasswordPolicy
  await assert.rejects(get(), missing)
  const strict = {
    MinimumPasswordLength: 14,
    RequireSymbols: true,
    RequireNumbers: true,
    RequireUppercaseCharacters: true,
    RequireLowercaseCharacters: true,
    AllowUsersToChangePassword: true,
    MaxPasswordAge: 90,
    PasswordReusePrevention: 24,
    HardExpiry: false,
  }
  await admin.send(new UpdateAccountPasswordPolicyCommand(strict))
  assert.deepEqual(await get(), { ...strict, ExpirePasswords: true })
  await admin.send(new UpdateAccountPasswordPolicyCommand({ RequireNumbers: true }))
  assert.deepEqual(await get(), { ...DEFAULTS, RequireNumbers: true })
  await admin.send(new DeleteAccountPasswordPolicyCommand({}))
  await assert.rejects(get(), missing)
  await assert.rejects(admin.send(new DeleteAccountPasswordPolicyCommand({})), {
    name: 'NoSuchEntityException',
    message: 'The account policy with name PasswordPolicy cannot be found.',
  })
})

test('what is out of bounds changes nothing; another account has its own', async (context) => {
  const { admin, world, clientOf } = await openIamWorld(context)
  await admin.send(new UpdateAccountPasswordPolicyCommand({}))
  await assert.rejects(
    admin.send(new UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 5, MaxPasswordAge: 0 })),
    {
      name: 'ValidationError',
    },
  )
  assert.deepEqual((await admin.send(new GetAccountPasswordPolicyCommand({}))).PasswordPolicy, DEFAULTS)
  const partner = clientOf(await world.account('444455556666'))
  await assert.rejects(partner.send(new GetAccountPasswordPolicyCommand({})), { name: 'NoSuchEntityException' })
})
