/** Passwords, SSH keys and certificates cannot be made here: what asks for them is told that nobody has any. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateUserCommand,
  DeleteLoginProfileCommand,
  GetLoginProfileCommand,
  IAMClient,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
} from '@aws-sdk/client-iam'
import { openWorld } from '../support/world.ts'
import type { World } from '../support/world.ts'

let world: World
let iam: IAMClient
before(async () => {
  world = await openWorld()
  const credentials = await world.account('111122223333')
  iam = new IAMClient({ endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  await iam.send(new CreateUserCommand({ UserName: 'Alice' }))
})
after(() => world.close())

test('lists are empty', async () => {
  const UserName = 'Alice'
  assert.deepEqual((await iam.send(new ListSSHPublicKeysCommand({ UserName }))).SSHPublicKeys, [])
  assert.deepEqual((await iam.send(new ListSigningCertificatesCommand({ UserName }))).Certificates, [])
  assert.deepEqual(
    (await iam.send(new ListServiceSpecificCredentialsCommand({ UserName }))).ServiceSpecificCredentials,
    [],
  )
})

test('a login profile is missing, with the name as the user has it', async () => {
  const message = 'Login Profile for User Alice cannot be found.'
  await assert.rejects(iam.send(new GetLoginProfileCommand({ UserName: 'alice' })), {
    name: 'NoSuchEntityException',
    message,
  })
  await assert.rejects(iam.send(new DeleteLoginProfileCommand({ UserName: 'Alice' })), {
    name: 'NoSuchEntityException',
    message,
  })
})

test('a user who is missing is told first', async () => {
  const message = 'The user with name nobody cannot be found.'
  await assert.rejects(iam.send(new ListSSHPublicKeysCommand({ UserName: 'nobody' })), { message })
  await assert.rejects(iam.send(new GetLoginProfileCommand({ UserName: 'nobody' })), { message })
})
