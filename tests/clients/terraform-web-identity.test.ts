/** Terraform's provider in a pipeline that has a token and no keys. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { missing, workspace } from './terraform-runner.ts'
import type { Workspace } from './terraform-runner.ts'

const HERE = resolve(ROOT, 'tests/clients')

describe('Terraform with a web identity', { skip: missing, timeout: 600_000 }, () => {
  let server: Started
  let work: Workspace
  before(async () => {
    server = await start(['--ephemeral', '--seed', resolve(HERE, 'federation.yaml')])
    work = await workspace(resolve(HERE, 'terraform/web-identity.tf'), server.aws, {})
  })
  after(async () => {
    work?.remove()
    await server?.stop()
  })

  async function tokenOf(ref: string): Promise<string> {
    const { code, out, err } = await server.run(['token', 'mint', 'github', '--repo', 'octo-org/app', '--ref', ref])
    assert.equal(code, 0, err)
    return out.trim()
  }

  test('the token of the right branch fills the bucket, and clears it', async () => {
    const settings = { token: await tokenOf('refs/heads/main') }
    const applied = await work.run(['apply', '-auto-approve'], settings)
    assert.equal(applied.code, 0, applied.text)
    assert.match(applied.text, /Resources: 2 added, 0 changed, 0 destroyed/)
    assert.match(applied.text, /identity = "arn:aws:sts::111122223333:assumed-role\/Deploy\/pipeline"/)
    const again = await work.run(['plan', '-detailed-exitcode'], settings)
    assert.equal(again.code, 0, again.text)
    const destroyed = await work.run(['destroy', '-auto-approve'], settings)
    assert.match(destroyed.text, /Resources: 2 destroyed/)
  })

  test('that of another branch is refused, and the server says which claim missed', async () => {
    const run = await work.run(['plan'], { token: await tokenOf('refs/heads/feature') })
    assert.equal(run.code, 1, run.text)
    const [, requestId = ''] = /RequestID:\s+([0-9a-f-]{36})/.exec(run.text) ?? []
    const why = await server.run(['why', requestId, '--json'])
    assert.equal(why.code, 0, run.text)
    const { code } = JSON.parse(why.out) as { readonly code: string }
    assert.match(code, /^OIDC\./)
    assert.match(why.out, /refs\/heads\/feature/)
  })
})
