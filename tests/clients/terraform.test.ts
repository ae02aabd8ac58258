/** The AWS provider of Terraform, unmodified: applies, sees no difference, changes, imports, notices drift, destroys. */
import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DetachRolePolicyCommand, IAMClient, UpdateRoleDescriptionCommand } from '@aws-sdk/client-iam'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { missing, workspace } from './terraform-runner.ts'
import type { Run, Workspace } from './terraform-runner.ts'

const HERE = resolve(ROOT, 'tests/clients/terraform')
const ADMINISTRATOR = { accessKeyId: 'AKIAQEXAMPLECOMPANYA', secretAccessKey: 'only-for-tests-company' }
const SERVICE_READS = 'aws_iam_role_policy_attachment.service_reads'
const RESOURCES = 29

describe('Terraform', { skip: missing, timeout: 1_200_000 }, () => {
  let server: Started
  let work: Workspace
  /** What the server holds before Terraform comes. */
  let untouched: string

  before(async () => {
    server = await start(['--ephemeral', '--seed', join(HERE, 'seed.yaml')])
    untouched = await exported()
    work = await workspace(join(HERE, 'main.tf'), server.aws, {
      AWS_ACCESS_KEY_ID: ADMINISTRATOR.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMINISTRATOR.secretAccessKey,
    })
  })
  after(async () => {
    await server?.stop()
    work?.remove()
  })

  async function exported(): Promise<string> {
    const { code, out, err } = await server.run(['export'])
    assert.equal(code, 0, err)
    return out
  }

  const terraform: Workspace['run'] = (words, settings) => work.run(words, settings)

  async function succeeds(...words: readonly string[]): Promise<string> {
    const run = await terraform(words)
    assert.equal(run.code, 0, run.text)
    return run.text
  }

  const apply = async (stage: string): Promise<string> => {
    const run = await terraform(['apply', '-auto-approve'], { stage })
    assert.equal(run.code, 0, run.text)
    return run.text
  }

  /** 0: nothing to change, 2: something to change. */
  const planned = (stage: string): Promise<Run> => terraform(['plan', '-detailed-exitcode'], { stage })
  const assertNothingToDo = async (stage: string): Promise<void> => {
    const { code, text } = await planned(stage)
    assert.equal(code, 0, text)
  }

  const iam = (): IAMClient =>
    new IAMClient({ endpoint: server.aws, region: 'eu-central-1', credentials: ADMINISTRATOR, maxAttempts: 1 })

  test('a wrong external id: the provider prints the request id, and the server says why', async () => {
    const run = await terraform(['plan', '-target=data.aws_caller_identity.partner'], { external_id: 'invoice-0815' })
    assert.equal(run.code, 1)
    assert.match(run.text, /Cannot assume IAM Role/)
    const [, requestId = ''] = /RequestID:\s+([0-9a-f-]{36})/.exec(run.text) ?? []
    const why = await server.run(['why', requestId, '--json'])
    assert.equal(why.code, 0, why.err)
    assert.match(why.out, /sts:ExternalId/)
    assert.match(why.out, /invoice-4711/)
  })

  test('apply, and a second look finds nothing to do', async () => {
    assert.match(await apply('one'), new RegExp(`Resources: ${RESOURCES} added, 0 changed, 0 destroyed`))
    await assertNothingToDo('one')
    const outputs = JSON.parse(await succeeds('output', '-json')) as Readonly<Record<string, { value: string }>>
    assert.equal(outputs['account']?.value, '111122223333')
    assert.equal(outputs['partner_session']?.value, 'arn:aws:sts::444455556666:assumed-role/deployment/terraform')
    assert.equal(outputs['service_role']?.value, 'arn:aws:iam::111122223333:role/apps/service')
    assert.match(outputs['robot_key']?.value ?? '', /^[A-Za-z0-9+/]{40}$/)
  })

  test('changes in place: tags, documents, memberships, keys, objects', async () => {
    assert.match(await apply('two'), /Resources: 1 added, \d+ changed, 1 destroyed/)
    await assertNothingToDo('two')
  })

  test('what others changed is noticed and put back', async () => {
    await iam().send(new UpdateRoleDescriptionCommand({ RoleName: 'service', Description: 'by hand' }))
    await iam().send(
      new DetachRolePolicyCommand({
        RoleName: 'service',
        PolicyArn: 'arn:aws:iam::111122223333:policy/apps/read-data',
      }),
    )
    const plan = await planned('two')
    assert.equal(plan.code, 2, plan.text)
    assert.match(plan.text, /by hand/)
    assert.match(plan.text, new RegExp(`${SERVICE_READS.replaceAll('.', '\\.')} will be created`))
    assert.match(await apply('two'), /Resources: 1 added, 1 changed, 0 destroyed/)
    await assertNothingToDo('two')
  })

  const imports: readonly (readonly [address: string, id: string])[] = [
    ['aws_iam_role.service', 'service'],
    [SERVICE_READS, 'service/arn:aws:iam::111122223333:policy/apps/read-data'],
  ]
  test('forgotten resources are imported, and there is nothing to do', async () => {
    for (const [address, id] of imports) {
      await succeeds('state', 'rm', address)
      const run = await terraform(['import', address, id], { stage: 'two' })
      assert.equal(run.code, 0, run.text)
    }
    await assertNothingToDo('two')
  })

  test('destroy leaves nothing', async () => {
    const run = await terraform(['destroy', '-auto-approve'], { stage: 'two' })
    assert.equal(run.code, 0, run.text)
    assert.match(run.text, new RegExp(`${RESOURCES} destroyed`))
    assert.equal(await exported(), untouched)
  })
})
