/** The rows of the conformance corpus's `sts` table that need a server with a store: the engine's own tests leave them to us. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { answerSts } from '@understudy/policy/conformance'
import type { StsRow } from '@understudy/policy/conformance'
import { ROOT } from '../house/files.ts'
import { openStage, trusting } from './stage.ts'
import { jwks, rsaKey, signed } from './tokens.ts'

const CORPUS = resolve(ROOT, 'packages/policy/conformance/policy-vectors.json')
const { sts } = JSON.parse(readFileSync(CORPUS, 'utf8')) as { readonly sts: readonly StsRow[] }
const rows = sts.filter((row) => answerSts(row) === undefined)

const GITHUB = 'https://token.actions.githubusercontent.com'
const key = rsaKey('one')

/** What each of these rows describes: the audience of GitHub's token, and whether the account has a provider for it. */
const SCENES: Readonly<Record<string, { readonly provider: boolean; readonly audience: string }>> = {
  'provider unknown in the account': { provider: false, audience: 'sts.amazonaws.com' },
  'audience not registered with the provider': { provider: true, audience: 'somebody-else' },
}

test('each row that the engine leaves is one of ours', () =>
  assert.deepEqual(rows.map(({ title }) => title).toSorted(), Object.keys(SCENES).toSorted()))

for (const { id, title, expected } of rows)
  test(`${id} ${title}`, async (context) => {
    const scene = SCENES[title]
    assert.ok(scene)
    const stage = await openStage(context)
    const other = await stage.provider({ issuer: 'https://issuer.example.test', clientIds: ['sts.amazonaws.com'] })
    const provider = scene.provider
      ? await stage.provider({ issuer: GITHUB, clientIds: ['sts.amazonaws.com'], jwks: jwks(key) })
      : other
    const role = await stage.role({ name: 'Deploy', trust: [trusting(provider)] })
    const seconds = Math.floor(Date.now() / 1000)
    const claims = { iss: GITHUB, sub: 'repo:o/r:ref:refs/heads/main', aud: scene.audience }
    const token = signed({ alg: 'RS256', kid: 'one' }, { ...claims, iat: seconds, exp: seconds + 300 }, key.privateKey)
    const { code, message, status } = await stage.call({
      RoleArn: role,
      RoleSessionName: 'ci',
      WebIdentityToken: token,
    })
    assert.deepEqual({ code, message, httpStatus: status }, expected.error)
  })
