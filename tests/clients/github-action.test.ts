/** The logic of `aws-actions/configure-aws-credentials` against our token endpoint, by its inputs: `configure-credentials.ts`. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { CreateRoleCommand, IAMClient, ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { outcome } from '../iam/client.ts'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { configureCredentials, sanitized } from './configure-credentials.ts'
import type { Inputs, Variables } from './configure-credentials.ts'

const REGION = { 'aws-region': 'eu-central-1' }
const ROLES = 'arn:aws:iam::111122223333:role'
const SESSIONS = 'arn:aws:sts::111122223333:assumed-role'
const DEPLOY = { ...REGION, 'role-to-assume': `${ROLES}/Deploy` }
const KEYS = {
  ...REGION,
  'aws-access-key-id': 'AKIAQEXAMPLECICICIAA',
  'aws-secret-access-key': 'only-for-tests-ci',
}
const ONCE = { 'disable-retry': 'true' }

describe('configure-aws-credentials', { timeout: 120_000 }, () => {
  let server: Started
  let runner: Variables
  const folder = mkdtempSync(join(tmpdir(), 'understudy-action-'))
  before(async () => {
    server = await start(['--ephemeral', '--seed', resolve(ROOT, 'tests/clients/github-action.yaml')])
    const words = ['token', 'mint', 'github', '--repo', 'octo-org/app', '--ref', 'refs/heads/main', '--job', '--json']
    runner = JSON.parse((await server.run(words)).out) as Variables
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })

  /** Of a job; `id-token: write` is granted unless told. */
  const job = (mayAskTokens = true): Variables => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'octo-org/app',
    GITHUB_WORKFLOW: 'Deploy (production) ✨!',
    GITHUB_ACTION: '__aws-actions_configure-aws-credentials',
    GITHUB_ACTOR: 'dependabot[bot]',
    GITHUB_SHA: 'a'.repeat(40),
    GITHUB_REF: 'refs/heads/feature#1',
    GITHUB_WORKSPACE: folder,
    ...(mayAskTokens ? runner : {}),
  })
  const run = (inputs: Inputs, variables: Variables, log: string[] = []) =>
    configureCredentials(inputs, { variables, endpoint: server.aws, log })
  const iam = (variables: Variables) =>
    new IAMClient({
      endpoint: server.aws,
      region: 'eu-central-1',
      maxAttempts: 1,
      credentials: {
        accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
        sessionToken: variables['AWS_SESSION_TOKEN'] ?? '',
      },
    })
  const why = async () =>
    JSON.parse((await server.run(['why', 'refusal', '--json'])).out) as {
      readonly code: string
      readonly note?: string
    }

  test('a token of the job becomes the role', async () => {
    const variables = job()
    const log: string[] = []
    const outputs = await run(DEPLOY, variables, log)
    assert.deepEqual(log, [])
    assert.deepEqual(outputs, {
      'aws-account-id': '111122223333',
      'authenticated-arn': `${SESSIONS}/Deploy/GitHubActions`,
    })
    assert.match(variables['AWS_ACCESS_KEY_ID'] ?? '', /^ASIA/)
    assert.equal(variables['AWS_REGION'], 'eu-central-1')
    assert.equal(await outcome(iam(variables).send(new ListUsersCommand({}))), 'ok')
  })

  test('name and duration of the session', async () => {
    const named = { ...DEPLOY, 'role-session-name': 'release.42', 'role-duration-seconds': '7200' }
    assert.equal((await run(named, job()))['authenticated-arn'], `${SESSIONS}/Deploy/release.42`)
    await assert.rejects(run({ ...DEPLOY, ...ONCE, 'role-duration-seconds': '7201' }, job()), /MaxSessionDuration/)
  })

  test('another audience is refused, and so is a job without id-token: write', async () => {
    await assert.rejects(run({ ...DEPLOY, ...ONCE, audience: 'other' }, job()), /could not be validated/)
    assert.equal((await why()).code, 'OIDC.AUDIENCE')
    await assert.rejects(run({ ...DEPLOY, ...ONCE }, job(false)), /Credentials could not be loaded/)
  })

  test('session policies, written out and by name, are ceilings', async () => {
    const statement = { Effect: 'Allow', Action: ['iam:ListUsers'], Resource: '*' }
    const inline = {
      ...DEPLOY,
      'inline-session-policy': JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }
    const managed = { ...DEPLOY, 'managed-session-policies': 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }
    const variables = job()
    await run(inline, variables)
    assert.equal(await outcome(iam(variables).send(new ListUsersCommand({}))), 'ok')
    assert.match(await outcome(iam(variables).send(new ListRolesCommand({}))), /no session policy allows/)
    await run(managed, variables)
    assert.match(await outcome(iam(variables).send(new ListUsersCommand({}))), /no session policy allows/)
    const too = { ...DEPLOY, ...ONCE, 'inline-session-policy': `{"Statement":[]${' '.repeat(2048)}}` }
    await assert.rejects(run(too, job()), /length less than or equal to 2048/)
  })

  test('a token in a file, by a path from the workspace', async () => {
    const minted = await server.run(['token', 'mint', 'github', '--repo', 'octo-org/app', '--ref', 'refs/heads/main'])
    writeFileSync(join(folder, 'token'), minted.out.trim())
    const outputs = await run({ ...DEPLOY, 'web-identity-token-file': 'token' }, job(false))
    assert.equal(outputs['authenticated-arn'], `${SESSIONS}/Deploy/GitHubActions`)
  })

  test('keys: the role by its name alone, with the tags of the run, which are made fit first', async () => {
    const outputs = await run({ ...KEYS, 'role-to-assume': 'Tagged' }, job())
    assert.equal(outputs['authenticated-arn'], `${SESSIONS}/Tagged/GitHubActions`)
    const { GITHUB_WORKFLOW = '', GITHUB_ACTOR = '' } = job()
    assert.equal(sanitized(GITHUB_WORKFLOW), 'Deploy _production_ __')
    assert.equal(sanitized(GITHUB_ACTOR), 'dependabot_bot_')
    await assert.rejects(
      run({ ...KEYS, ...ONCE, 'role-to-assume': 'Tagged' }, { ...job(), GITHUB_ACTION: 'not!fit' }),
      /'tags\.4\.member\.value' failed to satisfy constraint/,
    )
    const elsewhere = { ...job(), GITHUB_REPOSITORY: 'octo-org/other' }
    await assert.rejects(run({ ...KEYS, ...ONCE, 'role-to-assume': 'Tagged' }, elsewhere), /not authorized/)
  })

  test('a role without sts:TagSession, with tags and with role-skip-session-tagging', async () => {
    const untagged = { ...KEYS, ...ONCE, 'role-to-assume': `${ROLES}/Untagged` }
    await assert.rejects(run(untagged, job()), /not authorized to perform: sts:TagSession on resource: \S+Untagged/)
    const { code, note = '' } = await why()
    assert.equal(code, 'TRUST.TAGSESSION_MISSING')
    assert.match(note, /`GitHub`, `Repository`, `Workflow`, `Action`, `Actor`, `Commit`, `Branch`/)
    const outputs = await run({ ...untagged, 'role-skip-session-tagging': 'true' }, job())
    assert.equal(outputs['authenticated-arn'], `${SESSIONS}/Untagged/GitHubActions`)
  })

  test('an external id', async () => {
    const vendor = { ...KEYS, ...ONCE, 'role-to-assume': 'Vendor' }
    assert.equal(
      (await run({ ...vendor, 'role-external-id': 'octo/4711' }, job()))['authenticated-arn'],
      `${SESSIONS}/Vendor/GitHubActions`,
    )
    await assert.rejects(run({ ...vendor, 'role-external-id': 'octo/0' }, job()), /not authorized/)
    assert.equal((await why()).code, 'TRUST.EXTERNAL_ID_MISMATCH')
    await assert.rejects(run(vendor, job()), /not authorized/)
    assert.equal((await why()).code, 'TRUST.EXTERNAL_ID_MISSING')
  })

  test('role chaining goes on from the role of the step before, for an hour at most', async () => {
    const variables = job()
    await run(DEPLOY, variables)
    const next = { ...REGION, ...ONCE, 'role-chaining': 'true', 'role-to-assume': `${ROLES}/Tagged` }
    await assert.rejects(
      run({ ...next, 'role-duration-seconds': '3601' }, { ...variables }),
      /1 hour session limit for roles assumed by role chaining/,
    )
    const outputs = await run({ ...next, 'transitive-tag-keys': 'Repository\nGitHub' }, variables)
    assert.equal(outputs['authenticated-arn'], `${SESSIONS}/Tagged/GitHubActions`)
    const shown = await server.run(['lineage', variables['AWS_ACCESS_KEY_ID'] ?? ''])
    assert.match(shown.out, /Deploy\/GitHubActions[\s\S]*Tagged\/GitHubActions/)
    assert.match(shown.out, /Repository/)
  })

  test('a role that comes into being while the action tries again', async () => {
    const admin = iam({ AWS_ACCESS_KEY_ID: 'AKIAQEXAMPLECOMPANYA', AWS_SECRET_ACCESS_KEY: 'only-for-tests-company' })
    const log: string[] = []
    const late = run({ ...KEYS, 'role-to-assume': 'Late', 'role-skip-session-tagging': 'true' }, job(), log)
    const statement = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }
    while (log.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await admin.send(
      new CreateRoleCommand({
        RoleName: 'Late',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statement }),
      }),
    )
    const outputs = await late
    assert.equal(outputs['authenticated-arn'], `${SESSIONS}/Late/GitHubActions`)
    assert.match(log[0] ?? '', /^attempt 1 of 12 failed: .*not authorized to perform: sts:AssumeRole/)
    await assert.rejects(
      run({ ...KEYS, 'retry-max-attempts': '2', 'role-to-assume': 'Nowhere' }, job()),
      /not authorized/,
    )
  })

  test('secrets without special characters, and credentials that are there already', async () => {
    const variables = job()
    await run({ ...DEPLOY, 'special-characters-workaround': 'true' }, variables)
    assert.match(variables['AWS_SECRET_ACCESS_KEY'] ?? '', /^[A-Za-z0-9]{40}$/)
    const before = { ...variables }
    await run({ ...DEPLOY, 'use-existing-credentials': 'true' }, variables)
    assert.equal(variables['AWS_ACCESS_KEY_ID'], before['AWS_ACCESS_KEY_ID'])
    variables['AWS_SESSION_TOKEN'] = 'none'
    await run({ ...DEPLOY, 'use-existing-credentials': 'true' }, variables)
    assert.notEqual(variables['AWS_ACCESS_KEY_ID'], before['AWS_ACCESS_KEY_ID'])
  })
})
