/** Google without a provider of one's own: the issuer that every account knows, played by the lab. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { labIssuers } from '../../packages/server/src/entities/federation.ts'
import { newLabIssuer } from '../../packages/server/src/federation/lab/issuer.ts'
import { mintToken } from '../../packages/server/src/federation/lab/mint.ts'
import { openStage } from './stage.ts'

const GOOGLE = 'accounts.google.com'

test('Google is trusted by its name, by the application, and by nothing else', async (context) => {
  const stage = await openStage(context)
  const { store, platform, clock } = stage.world.core
  const row = await newLabIssuer({ kind: 'oidc', issuer: `https://${GOOGLE}` }, platform)
  await store.write([EVERYWHERE], (writer) => writer.put(labIssuers, EVERYWHERE, row))
  const trust = (principal: string) => ({
    Effect: 'Allow',
    Principal: { Federated: principal },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${GOOGLE}:aud`]: 'my-app', [`${GOOGLE}:organization_number`]: '4711' } },
  })
  const RoleArn = await stage.role({ name: 'google', trust: [trust(GOOGLE)] })
  const token = async (audience: string): Promise<string> => {
    const moment = { now: Math.floor(clock.wire() / 1000), chance: platform.chance, vault: platform.vault }
    const request = { subject: { kind: 'oidc' }, audience, claims: { google: { organization_number: 4711 } } } as const
    return (await store.read((reader) => mintToken(request, reader, moment))).token
  }
  const answer = await stage.call({ RoleArn, WebIdentityToken: await token('my-app') })
  assert.equal(answer.status, 200, answer.body)
  assert.equal(answer.element('Provider'), GOOGLE)
  assert.equal((await stage.call({ RoleArn, WebIdentityToken: await token('other-app') })).status, 403)
  const foreign = await stage.role({ name: 'foreign', trust: [trust('www.amazon.com')] })
  assert.equal((await stage.call({ RoleArn: foreign, WebIdentityToken: await token('my-app') })).status, 403)
})
